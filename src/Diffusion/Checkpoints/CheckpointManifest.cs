using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Diffusion.Networks;
using Diffusion.Samplers;

namespace Diffusion.Checkpoints;

/// <summary>What an immutable checkpoint version says of itself: <c>manifest.json</c>, written last.</summary>
public sealed record CheckpointManifest
{
    /// <summary>The objective of classifiers of noisy images (Dhariwal and Nichol 2021, section 4).</summary>
    public const string NoisyClassifier = "noisy-classifier";

    // every request asks, and a schedule is thousands of cosines; not a field, because copies must not inherit it
    private static readonly ConditionalWeakTable<CheckpointManifest, DenoiserTraits> KnownTraits = [];

    /// <summary>Format of this file; readers refuse a higher one.</summary>
    public int Format { get; init; } = ManifestJson.Format;

    /// <summary>Model name, such as <c>digits-ddpm</c>.</summary>
    public required string Model { get; init; }

    /// <summary>Version number, 1-based; the folder is <c>v000001</c>.</summary>
    public required int Version { get; init; }

    /// <summary>When it was published, UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Architecture.</summary>
    public required UNetConfig Network { get; init; }

    /// <summary>What the network's output stands for; means nothing for a classifier, whose output is logits.</summary>
    public required Prediction Prediction { get; init; }

    /// <summary>Noise schedule.</summary>
    public required ScheduleReference Schedule { get; init; }

    /// <summary>The objective it was trained with, such as <c>ddpm</c> or <c>dddm</c>.</summary>
    public required string Objective { get; init; }

    /// <summary>The training data.</summary>
    public required DataReference Data { get; init; }

    /// <summary>Names of the classes in label order, or null.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Training images seen, repeats counted.</summary>
    public required long ImagesSeen { get; init; }

    /// <summary>Seed of the training run.</summary>
    public ulong Seed { get; init; }

    /// <summary>The version this one was tuned from, or null.</summary>
    public ParentReference? Parent { get; init; }

    /// <summary>Every version this one came from, with its part in it; null where only <see cref="Parent"/> is known.</summary>
    public IReadOnlyList<LineageLink>? Parents { get; init; }

    /// <summary>The job that made it; null if none did, or nobody wrote that down.</summary>
    public JobReference? Job { get; init; }

    /// <summary>The file it was imported from; null for a version that was made here.</summary>
    public ImportOrigin? Origin { get; init; }

    /// <summary>What a request gets that names no sampler.</summary>
    public SamplingDefaults? Sampling { get; init; }

    /// <summary>Measured quality, by name.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Every other file of the folder, with its length and SHA-256.</summary>
    public IReadOnlyDictionary<string, FileDigest> Files { get; init; } = new Dictionary<string, FileDigest>();

    /// <summary>Whether it guides other models by classes instead of making pictures.</summary>
    [JsonIgnore]
    public bool IsClassifier => Objective == NoisyClassifier;

    /// <summary>Why network and prediction cannot belong together, or null.</summary>
    [JsonIgnore]
    internal string? Mismatch =>
        IsClassifier ? null
        : Network.BothOutputs != (Prediction == Prediction.Both) ? $"network.bothOutputs must be {(Network.BothOutputs ? "false" : "true")} for the prediction {JsonSerializer.SerializeToElement(Prediction).GetString()}."
        : Prediction == Prediction.Edm && Network.DataDeviation != PredictionMap.EdmDeviation ? FormattableString.Invariant($"network.dataDeviation must be {PredictionMap.EdmDeviation} for the prediction edm.")
        : null;

    /// <summary>Every version this one came from, whether or not it says in which part.</summary>
    [JsonIgnore]
    public IReadOnlyList<LineageLink> Ancestry =>
        Parents ?? (Parent is { } parent ? [new LineageLink(parent.Model, parent.Version, LineageLink.Initial)] : []);

    /// <summary>What samplers need to know of this model.</summary>
    [JsonIgnore]
    public DenoiserTraits Traits => KnownTraits.GetValue(
        this, static m => new(Schedules.ScheduleCatalogue.Create(m.Schedule.Name, m.Schedule.Steps), m.Prediction, m.Network.Memory, m.Network.LearnedVariance));
}

/// <summary>A schedule by catalogue name and T.</summary>
public sealed record ScheduleReference(string Name, int Steps);

/// <summary>A data set by name, digest and size.</summary>
public sealed record DataReference(string Name, string Sha256, long Images);

/// <summary>A version that another was tuned from.</summary>
public sealed record ParentReference(string Model, int Version);

/// <summary>A training job.</summary>
/// <param name="Name">Name of the run.</param>
/// <param name="Sha256">SHA-256 (lower-case hex) of the job file.</param>
/// <param name="Id">Its id in the queue, or null for a run in the foreground.</param>
public sealed record JobReference(string Name, string Sha256, string? Id = null);

/// <summary>Where an imported version came from.</summary>
/// <param name="Sha256">SHA-256 (lower-case hex) of the file that was uploaded.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Format"><c>safetensors</c> or <c>zip</c>.</param>
/// <param name="Model">The name it had there.</param>
/// <param name="Version">The number it had there.</param>
/// <param name="Created">When it was published there, UTC.</param>
public sealed record ImportOrigin(string Sha256, long Bytes, string Format, string Model, int Version, DateTimeOffset Created)
{
    /// <summary>What whoever sent the file called it, or null.</summary>
    public string? Name { get; init; }

    /// <summary>What it came from there, under the names and numbers it had there.</summary>
    public IReadOnlyList<LineageLink>? Parents { get; init; }
}

/// <summary>Sampler, steps, options and guidance that suit a model.</summary>
public sealed record SamplingDefaults(string Sampler, int Steps, double Guidance = 1, IReadOnlyDictionary<string, string>? Options = null);

/// <summary>Length in bytes and SHA-256 (lower-case hex) of a file.</summary>
public sealed record FileDigest(long Bytes, string Sha256);
