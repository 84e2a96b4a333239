using System.Globalization;
using Diffusion.Api.Errors;
using Diffusion.Api.Pictures;
using Diffusion.Guidance;
using Diffusion.Inference.Jobs;
using Diffusion.Samplers;

namespace Diffusion.Api.Contracts;

/// <summary>Reads the fields of POST /generate; names every wrong one at once.</summary>
internal static class GenerateFields
{
    /// <summary>Largest magnification.</summary>
    public const int MaxScale = 16;

    private const string Convention = "guidanceConvention";

    /// <summary>The fields that do not belong to a sampler.</summary>
    public static IReadOnlyList<string> Common { get; } =
        ["model", "sampler", "steps", "n", "seed", "label", "guidance", Convention, "guidanceRescale", "guidanceParallel", "dynamicThreshold", "classifier", "classifierScale", "determinism", "priority", "deadlineMs", "format", "scale", FrameFields.Name, FrameFields.Kinds];

    /// <summary>The options that some sampler declares, in catalogue order.</summary>
    public static IReadOnlyList<string> Options { get; } = [.. SamplerCatalog.All.SelectMany(s => s.Options).Select(o => o.Name).Distinct()];

    /// <summary>The command of a request, from its query and its JSON body.</summary>
    /// <exception cref="RequestRefusedException">It cannot be read.</exception>
    public static async Task<GenerateCommand> ReadAsync(HttpRequest request, int maxBodyBytes, CancellationToken cancellationToken)
    {
        var fields = RequestFields.OfQuery(request.Query);
        if (await JsonBody.ReadAsync(request, maxBodyBytes, cancellationToken) is { } body)
            fields = RequestFields.Merge(fields, RequestFields.OfJson(body));
        return Read(fields);
    }

    /// <summary>The command that the fields say.</summary>
    /// <exception cref="RequestRefusedException">A field is unknown or cannot be read; ranges that depend on the model are left to the engine.</exception>
    public static GenerateCommand Read(RequestFields fields)
    {
        var reading = new Reading(fields);
        foreach (var name in fields.Values.Keys.Where(n => !Common.Contains(n) && !Options.Contains(n))) reading.Refuse(name, Unknown(name));
        var request = new GenerationRequest
        {
            Model = reading.Text("model"),
            Sampler = reading.Text("sampler"),
            Steps = reading.Whole("steps", 1),
            Options = fields.Values.Where(f => Options.Contains(f.Key)).ToDictionary(f => f.Key, f => f.Value, StringComparer.Ordinal),
            Count = reading.Whole("n", 1) ?? 1,
            Seed = reading.Seed("seed"),
            Labels = reading.Labels("label"),
            Guidance = reading.Real("guidance"),
            Convention = reading.Convention(),
            GuidanceRescale = reading.Real("guidanceRescale"),
            GuidanceParallel = reading.Real("guidanceParallel"),
            DynamicThreshold = reading.Real("dynamicThreshold"),
            Classifier = reading.Text("classifier"),
            ClassifierScale = reading.Real("classifierScale"),
            Class = reading.Priority("priority"),
            Deadline = reading.Whole("deadlineMs", 1) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null,
            Determinism = reading.Determinism("determinism"),
        };
        var format = reading.Text("format") is { } asked ? PictureFormat.Find(asked) ?? reading.Refuse<PictureFormat>("format", $"format must be one of {PictureFormat.Names}, got '{asked}'.") : null;
        var scale = reading.Whole("scale", 1, MaxScale) ?? 1;
        var frames = FrameFields.Read(fields.Values, reading.Errors);
        if (frames == FrameOptions.None && format is { NeedsFrames: true }) reading.Refuse(FrameFields.Name, $"The format {format.Name} shows frames; ask for some, or for another format.");
        if (reading.Errors.Count > 0) throw RequestRefusedException.Invalid(reading.Errors);
        return new GenerateCommand(request with { Record = frames == FrameOptions.None ? null : frames }, format, scale) { Frames = frames };
    }

    private static string Unknown(string name)
    {
        var known = Common.Concat(Options).ToArray();
        var meant = NearestName.Of(name, known) is { } near ? $" Did you mean '{near}'?" : "";
        return $"There is no field '{name}'.{meant} Fields: {string.Join(", ", known)}.";
    }

    private sealed class Reading(RequestFields fields)
    {
        public List<FieldError> Errors { get; } = [.. fields.Errors];

        public string? Text(string name) => fields.Values.GetValueOrDefault(name);

        public int? Whole(string name, int least, int most = int.MaxValue)
        {
            if (Text(name) is not { } text) return null;
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most) return value;
            return Refuse<int?>(name, most == int.MaxValue
                ? $"{name} must be a whole number, at least {least}, got '{text}'."
                : $"{name} must be a whole number, {least}..{most}, got '{text}'.");
        }

        public ulong? Seed(string name)
        {
            if (Text(name) is not { } text) return null;
            if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)) return value;
            return Refuse<ulong?>(name, $"{name} must be a whole number, 0..{ulong.MaxValue}, got '{text}'.");
        }

        public double? Real(string name)
        {
            if (Text(name) is not { } text) return null;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)) return value;
            return Refuse<double?>(name, $"{name} must be a number such as 1.5, got '{text}'.");
        }

        public RequestClass Priority(string name)
        {
            if (Text(name) is not { } text) return RequestClass.Interactive;
            return RequestClasses.Find(text) ?? Refuse<RequestClass>(name, $"{name} must be one of {string.Join(", ", RequestClasses.Names)}, got '{text}'.");
        }

        public IReadOnlyList<int> Labels(string name)
        {
            if (Text(name) is not { } text) return [];
            var parts = text.Split(',', StringSplitOptions.TrimEntries);
            var labels = new int[parts.Length];
            for (var i = 0; i < parts.Length; i++)
            {
                if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out labels[i]))
                    return Refuse<int[]>(name, $"{name} must be a class number or a comma list of them, got '{text}'.") ?? [];
            }
            return labels;
        }

        public GuidanceConvention Convention()
        {
            if (Text(GenerateFields.Convention) is not { } text) return GuidanceConvention.S;
            if (GuidanceConventions.Find(text) is not { } found) return Refuse<GuidanceConvention>(GenerateFields.Convention, $"{GenerateFields.Convention} must be one of {string.Join(", ", GuidanceConventions.Names)}, got '{text}'.");
            if (Text("guidance") is null) Refuse(GenerateFields.Convention, $"{GenerateFields.Convention} says how guidance is meant; give guidance too.");
            return found;
        }

        public Determinism Determinism(string name) => Text(name) switch
        {
            null or "seeded" => Inference.Jobs.Determinism.Seeded,
            "strict" => Inference.Jobs.Determinism.Strict,
            var text => Refuse<Determinism>(name, $"{name} must be seeded or strict, got '{text}'."),
        };

        public void Refuse(string name, string message) => Errors.Add(new(name, message));

        public T? Refuse<T>(string name, string message)
        {
            Refuse(name, message);
            return default;
        }
    }
}
