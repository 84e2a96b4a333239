using Diffusion.Checkpoints;
using Diffusion.Samplers;

namespace Diffusion.Inference.Jobs;

/// <summary>Compiles the rows of a request of any kind for a model, or names what stands against it.</summary>
/// <param name="manifest">The model version.</param>
/// <param name="sampler">The sampler of the way down.</param>
/// <param name="errors">Told what is wrong.</param>
internal sealed class CourseCompiler(CheckpointManifest manifest, ISampler sampler, RequestErrors errors)
{
    /// <summary>The course, or null with an error more.</summary>
    /// <param name="request">Its fields are checked but for what depends on the kind.</param>
    /// <param name="steps">Rows of the way down.</param>
    /// <param name="values">Sampler options by name.</param>
    /// <param name="seed">For pictures that begin at noise.</param>
    /// <exception cref="SamplingOptionException">The step count or an option does not fit the model.</exception>
    public Course? Compile(GenerationRequest request, int steps, IReadOnlyDictionary<string, string> values, ulong seed)
    {
        var options = new SamplingOptions(sampler, steps, values);
        var down = Thresholded(sampler.Compile(manifest.Traits, options), request.DynamicThreshold);
        if (request.Kind == GenerationKind.Generation) return Course.FromNoise(down, seed, request.FirstPicture, request.Count);
        if (Noisy(down, steps, values) is { } field)
            errors.Invalid(field, $"{field} must leave the way down without fresh noise: only then does a state decode to one picture. With their default options these do: {Deterministic()}.");
        var images = request.Starts.Any(s => s is ImageStart);
        if (manifest.Traits.HasMemory && request.Starts.Any(s => s is not SeedStart))
            errors.Unsupported("model", $"Model '{manifest.Model}' is shown its own last estimate as a memory beside x_t. An image does not say what that memory was at T, so no x_T is its only inverse; take a model without a memory.");
        else if (images && sampler.Name != DdimInversion.Sampler)
            errors.Unsupported("sampler", $"Images are inverted by {DdimInversion.Sampler} run upwards, so sampler must be {DdimInversion.Sampler}, got '{sampler.Name}'; leave it out.");
        var time = down.Rows[0].TimeIndex + 1;
        CheckStarts(request, time);
        if (errors.Any) return null;

        var up = images ? DdimInversion.Compile(manifest.Traits, options).Rows : [];
        var rows = request.Kind == GenerationKind.Inversion ? up : [.. up, .. down.Rows];
        return new Course(new SamplerTable(rows, down.StartScale), up.Length, time, Starts(request), request.Path);
    }

    private static SamplerTable Thresholded(SamplerTable table, double? share) => share is null
        ? table
        : table with { Rows = [.. table.Rows.Select(r => r with { Threshold = share, ClipsClean = false })] };

    // what lies between the ends of an interpolation has no start of its own
    private static IReadOnlyList<PictureStart?> Starts(GenerationRequest request)
    {
        if (request.Kind != GenerationKind.Interpolation) return request.Starts;
        return [request.Starts[0], .. new PictureStart?[request.Count - 2], request.Starts[1]];
    }

    // the option that brings the noise in, so that the message names what to change
    private string? Noisy(SamplerTable table, int steps, IReadOnlyDictionary<string, string> values)
    {
        if (IsDeterministic(table)) return null;
        foreach (var name in values.Keys)
        {
            var others = values.Where(v => v.Key != name).ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal);
            if (IsDeterministic(sampler.Compile(manifest.Traits, new SamplingOptions(sampler, steps, others)))) return name;
        }
        return "sampler";
    }

    private string Deterministic() => string.Join(", ", SamplerCatalog.All
        .Where(s => s.Refuses(manifest.Traits) is null && IsDeterministic(s.Compile(manifest.Traits, new SamplingOptions(s, Math.Min(4, manifest.Traits.Schedule.Steps)))))
        .Select(s => s.Name));

    private static bool IsDeterministic(SamplerTable table) => table.Rows.All(r => r.D == 0);

    private void CheckStarts(GenerationRequest request, int time)
    {
        var network = manifest.Network;
        var size = network.Channels * network.ImageSize * network.ImageSize;
        var model = FormattableString.Invariant($"{manifest.Model}@{manifest.Version}");
        for (var i = 0; i < request.Starts.Count; i++)
        {
            var field = FieldOf(request.Kind, i);
            switch (request.Starts[i])
            {
                case ImageStart image when image.Pixels.Length != size:
                    errors.Invalid(field, $"{field} must be {network.ImageSize}x{network.ImageSize} pixels of {network.Channels} channels for model '{manifest.Model}', got {image.Pixels.Length} values.");
                    break;
                case LatentStart latent when latent.Model != model:
                    errors.Invalid(field, $"{field} is an x_T of model '{latent.Model}', which '{model}' does not decode; take that model.");
                    break;
                case LatentStart latent when latent.Time != time:
                    errors.Invalid(field, $"{field} is a state at t = {latent.Time}, and this way down begins at t = {time}; take the steps and spacing of its inversion.");
                    break;
                case LatentStart latent when latent.Values.Length != size:
                    errors.Invalid(field, $"{field} must be {size} values for model '{manifest.Model}', got {latent.Values.Length}.");
                    break;
                case not ImageStart when request.Kind != GenerationKind.Interpolation:
                    errors.Invalid(field, $"{field} must be images.");
                    break;
            }
        }
    }

    private static string FieldOf(GenerationKind kind, int start) => kind == GenerationKind.Interpolation ? (start == 0 ? "from" : "to") : "images";
}
