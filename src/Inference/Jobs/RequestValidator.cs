using System.Globalization;
using System.Security.Cryptography;
using Diffusion.Checkpoints;
using Diffusion.Guidance;
using Diffusion.Inference.Models;
using Diffusion.Samplers;

namespace Diffusion.Inference.Jobs;

/// <summary>Turns a request into an accepted one, or names every wrong field with what is allowed.</summary>
internal sealed class RequestValidator(ModelRegistry registry, InferenceOptions options)
{
    /// <exception cref="GenerationRefusedException">Invalid, UnknownModel or Unsupported.</exception>
    public AcceptedRequest Accept(GenerationRequest request)
    {
        var errors = new RequestErrors();
        CheckPlain(request, errors);
        var sampler = FindSampler(request.Sampler ?? (request.Starts.Any(s => s is ImageStart) ? DdimInversion.Sampler : null), errors);
        using var choice = new ModelChoice(registry, options.DefaultModels, request.Model, sampler, errors);
        if (choice.Lease is null) throw errors.Refusal();

        var manifest = choice.Lease.Manifest;
        sampler ??= DefaultSampler(manifest, request.Sampler);
        using var classifier = new ClassifierChoice(registry, request, manifest, sampler, options.MaxGuidance, errors);
        var labels = CheckLabels(request, manifest, classifier.Lease?.Manifest, errors);
        var seed = request.Seed ?? DrawSeed();
        var course = sampler is null ? null : Compile(request, manifest, sampler, seed, errors);
        if (course is not null) CheckRecord(request, manifest, course, errors);
        if (errors.Any || course is null) throw errors.Refusal();
        var guidance = GuidanceOf(request, manifest);
        CheckTamed(request, labels, guidance, errors);
        if (errors.Any) throw errors.Refusal();
        var accepted = new AcceptedRequest(
            choice.Lease, sampler!.Name, request.Kind, course, seed,
            [.. Enumerable.Range(0, request.Count).Select(i => labels.Count == 0 ? (int?)null : labels[i % labels.Count])], guidance)
        {
            Record = request.Record,
            Rescale = request.GuidanceRescale ?? 0,
            Parallel = request.GuidanceParallel ?? GuidanceProjection.Whole,
            Classifier = classifier.Lease,
            ClassifierScale = request.ClassifierScale ?? 1,
            ClassifierLabels = request.Labels,
            Determinism = request.Determinism,
            Client = request.Client,
            ClientWeight = request.Allowance?.Weight,
            Class = request.Class,
            Deadline = request.Deadline,
            Resolved = request with
            {
                Model = string.Create(CultureInfo.InvariantCulture, $"{manifest.Model}@{manifest.Version}"),
                Sampler = sampler.Name,
                Steps = StepsOf(request, manifest, sampler),
                Options = OptionsOf(request, manifest, sampler),
                Seed = seed,
                Guidance = guidance,
                Convention = GuidanceConvention.S,
                Classifier = classifier.Lease is { Manifest: var guide } ? string.Create(CultureInfo.InvariantCulture, $"{guide.Model}@{guide.Version}") : null,
                ClassifierScale = classifier.Lease is null ? null : request.ClassifierScale ?? 1,
            },
        };
        CheckSize(accepted, errors);
        if (errors.Any) throw errors.Refusal();
        choice.Keep();
        classifier.Keep();
        return accepted;
    }

    private void CheckSize(AcceptedRequest request, RequestErrors errors)
    {
        if (request.Rows <= options.MaxRows) return;
        var guided = request.Cost > 1 ? $" times {request.Cost} for guidance" : "";
        errors.Invalid("n", $"n times steps{guided} must be at most {options.MaxRows}, got {request.Rows}; take fewer pictures or steps.");
    }

    private int StepsOf(GenerationRequest request, CheckpointManifest manifest, ISampler sampler) =>
        request.Steps ?? Math.Min(MostSteps(manifest), DefaultsOf(manifest, sampler)?.Steps ?? (manifest.Traits.HasMemory ? 4 : 50));

    private int MostSteps(CheckpointManifest manifest) => Math.Min(options.MaxSteps, manifest.Traits.Schedule.Steps);

    private static Dictionary<string, string> OptionsOf(GenerationRequest request, CheckpointManifest manifest, ISampler sampler)
    {
        var values = new Dictionary<string, string>(DefaultsOf(manifest, sampler)?.Options ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        foreach (var (name, value) in request.Options) values[name] = value;
        return values;
    }

    private static SamplingDefaults? DefaultsOf(CheckpointManifest manifest, ISampler sampler) => manifest.Sampling?.Sampler == sampler.Name ? manifest.Sampling : null;

    /// <summary>The version that a request with this model and sampler means now.</summary>
    /// <exception cref="GenerationRefusedException">Invalid, UnknownModel or Unsupported.</exception>
    public CheckpointManifest Resolve(string? model, string? sampler)
    {
        var errors = new RequestErrors();
        using var choice = new ModelChoice(registry, options.DefaultModels, model, FindSampler(sampler, errors), errors);
        return errors.Any ? throw errors.Refusal() : choice.Lease!.Manifest;
    }

    private void CheckPlain(GenerationRequest request, RequestErrors errors)
    {
        if (request.Count < 1 || request.Count > options.MaxCount) errors.Invalid("n", $"n must be 1..{options.MaxCount}, got {request.Count}.");
        CheckStarts(request, errors);
        if (!Enum.IsDefined(request.Class)) errors.Invalid("priority", $"priority must be one of {string.Join(", ", RequestClasses.Names)}.");
        if (request.Deadline is { } deadline && deadline <= TimeSpan.Zero)
            errors.Invalid("deadlineMs", string.Create(CultureInfo.InvariantCulture, $"deadlineMs must be above 0, got {deadline.TotalMilliseconds}."));
        CheckGuidance(request, errors);
        if (request.GuidanceRescale is { } phi && !(phi is >= 0 and <= 1)) errors.Invalid("guidanceRescale", string.Create(CultureInfo.InvariantCulture, $"guidanceRescale must be 0..1, got {phi}."));
        if (request.GuidanceParallel is { } eta && !(eta is >= 0 and <= 1)) errors.Invalid("guidanceParallel", string.Create(CultureInfo.InvariantCulture, $"guidanceParallel must be 0..1, the share that is kept, got {eta}."));
        if (request.DynamicThreshold is { } share && !(share is >= 0 and <= 1)) errors.Invalid("dynamicThreshold", string.Create(CultureInfo.InvariantCulture, $"dynamicThreshold must be 0..1, the share of the pixels, got {share}."));
    }

    private void CheckGuidance(GenerationRequest request, RequestErrors errors)
    {
        if (request.Guidance is not { } value) return;
        var (convention, scale) = (request.Convention, request.Convention.ToScale(value));
        if (!(scale >= 0 && scale <= options.MaxGuidance))
            errors.Invalid("guidance", string.Create(CultureInfo.InvariantCulture, $"guidance must be {convention.FromScale(0)}..{convention.FromScale(options.MaxGuidance)}, got {value}."));
        else if (scale != ClassifierFreeGuidance.NoGuidance && request.Labels.Count == 0)
            errors.Invalid("guidance", "guidance needs a label to guide to; give a label, or leave guidance out.");
    }

    private static void CheckTamed(GenerationRequest request, IReadOnlyList<int> labels, double scale, RequestErrors errors)
    {
        if (labels.Count > 0 && ClassifierFreeGuidance.RowsFor(scale) == GuidanceRows.Both) return;
        if (request.GuidanceRescale is > 0)
            errors.Invalid("guidanceRescale", "guidanceRescale brings back what guidance adds, and these pictures have none; give a label and guidance, or leave it out.");
        if (request.GuidanceParallel is < GuidanceProjection.Whole)
            errors.Invalid("guidanceParallel", "guidanceParallel takes from what guidance adds, and these pictures have none; give a label and guidance, or leave it out.");
    }

    // what guidance adds on the way down, no way up can find
    private static double GuidanceOf(GenerationRequest request, CheckpointManifest manifest) =>
        request.Kind is GenerationKind.Inversion or GenerationKind.Reconstruction ? ClassifierFreeGuidance.NoGuidance
        : request.Guidance is { } asked ? request.Convention.ToScale(asked)
        : (request.Labels.Count > 0 ? manifest.Sampling?.Guidance : null) ?? ClassifierFreeGuidance.NoGuidance;

    private static void CheckStarts(GenerationRequest request, RequestErrors errors)
    {
        switch (request.Kind)
        {
            case GenerationKind.Interpolation when request.Starts.Count != 2:
                errors.Invalid("from", "An interpolation goes from one start to one other; give from and to.");
                break;
            case GenerationKind.Interpolation when request.Count < 2:
                errors.Invalid("n", $"n must be at least 2 for an interpolation, both ends counted, got {request.Count}.");
                break;
            case GenerationKind.Inversion or GenerationKind.Reconstruction:
                if (request.Starts.Count == 0 || request.Starts.Count != request.Count)
                    errors.Invalid("images", $"There must be an image for each of the {request.Count} pictures, got {request.Starts.Count}.");
                if (request.Guidance is { } guidance && request.Convention.ToScale(guidance) != ClassifierFreeGuidance.NoGuidance)
                    errors.Invalid("guidance", string.Create(CultureInfo.InvariantCulture, $"guidance must be {request.Convention.FromScale(ClassifierFreeGuidance.NoGuidance)} here: what guidance adds cannot be undone on the way up; leave it out."));
                if (request.DynamicThreshold is not null)
                    errors.Invalid("dynamicThreshold", "dynamicThreshold cannot be used here: what it clips cannot be found again on the way up; leave it out.");
                break;
        }
    }

    private static ISampler? FindSampler(string? name, RequestErrors errors)
    {
        if (name is null) return null;
        var sampler = SamplerCatalog.Find(name);
        if (sampler is null) errors.Invalid("sampler", $"Unknown sampler '{name}'; there are: {string.Join(", ", SamplerCatalog.All.Select(s => s.Name))}.");
        return sampler;
    }

    private static ISampler? DefaultSampler(CheckpointManifest manifest, string? asked) => asked is not null
        ? null
        : (manifest.Sampling is { } defaults ? SamplerCatalog.Find(defaults.Sampler) : null)
            ?? SamplerCatalog.All.First(s => s.Refuses(manifest.Traits) is null);

    private static IReadOnlyList<int> CheckLabels(GenerationRequest request, CheckpointManifest manifest, CheckpointManifest? classifier, RequestErrors errors)
    {
        if (request.Labels.Count == 0) return [];
        if (manifest.Network.Classes is null && classifier?.Network.Classes is { } guided)
        {
            // the labels are the classifier's alone
            if (request.Guidance is { } value && request.Convention.ToScale(value) != ClassifierFreeGuidance.NoGuidance)
                errors.Unsupported("guidance", $"Model '{manifest.Model}' knows no labels to be guided by; leave guidance out, the classifier has classifierScale.");
            CheckRange(request, guided, classifier.Model, errors);
            return [];
        }
        if (manifest.Network.Classes is not { } classes)
            errors.Unsupported("label", $"Model '{manifest.Model}' knows no labels; leave label out, or use a class-conditional model.");
        else CheckRange(request, classes, manifest.Model, errors);
        return request.Labels;
    }

    private static void CheckRange(GenerationRequest request, int classes, string model, RequestErrors errors)
    {
        if (request.Labels.Where(l => l < 0 || l >= classes).Distinct().ToArray() is { Length: > 0 } wrong)
            errors.Invalid("label", $"label must be 0..{classes - 1} for model '{model}', got {string.Join(", ", wrong)}.");
    }

    private Course? Compile(GenerationRequest request, CheckpointManifest manifest, ISampler sampler, ulong seed, RequestErrors errors)
    {
        var traits = manifest.Traits;
        if (sampler.Refuses(traits) is { } reason)
        {
            var others = SamplerCatalog.All.Where(s => s.Refuses(traits) is null).Select(s => s.Name);
            errors.Unsupported("sampler", $"{reason} Model '{manifest.Model}' is served by: {string.Join(", ", others)}.");
        }
        var (most, steps) = (MostSteps(manifest), StepsOf(request, manifest, sampler));
        if (steps < 1 || steps > most) errors.Invalid("steps", $"steps must be 1..{most} for model '{manifest.Model}', got {steps}.");
        foreach (var (name, value) in request.Options) CheckOption(sampler, name, value, errors);
        if (errors.Any) return null;
        try
        {
            return new CourseCompiler(manifest, sampler, errors).Compile(request, steps, OptionsOf(request, manifest, sampler), seed);
        }
        catch (SamplingOptionException wrong)
        {
            errors.Invalid(wrong.Field, wrong.Message);
            return null;
        }
    }

    private void CheckRecord(GenerationRequest request, CheckpointManifest manifest, Course course, RequestErrors errors)
    {
        if (request.Record is not { } record) return;
        var (network, steps) = (manifest.Network, course.Table.Rows.Length);
        FrameCheck.Check(record, manifest.Model, network.Memory, steps, request.Count, errors);
        var bytes = Recording.BytesOf(record, steps, request.Count, new PictureShape(network.Channels, network.ImageSize, network.ImageSize));
        if (bytes > options.MaxTrajectoryBytes)
            errors.Invalid(FrameCheck.FramesField, $"These frames are {bytes} bytes as float32; the limit is {options.MaxTrajectoryBytes}. Keep fewer steps (every:N, steps:a,b,c), fewer kinds or fewer pictures.");
    }

    private static void CheckOption(ISampler sampler, string name, string value, RequestErrors errors)
    {
        var option = sampler.Options.FirstOrDefault(o => o.Name == name);
        if (option is null)
            errors.Invalid(name, $"Sampler '{sampler.Name}' has no option '{name}'; it has: {(sampler.Options.Count == 0 ? "none" : string.Join(", ", sampler.Options.Select(o => o.Name)))}.");
        else if (!option.Accepts(value))
            errors.Invalid(name, $"{name} must be {option.Allowed}, got '{value}'.");
    }

    // 53 bits: a seed that JavaScript and JSON readers keep exactly
    private static ulong DrawSeed() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) >> 11;
}
