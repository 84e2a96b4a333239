using System.ComponentModel.DataAnnotations;

namespace Diffusion.Inference;

/// <summary>Settings of the engine, section <c>Inference</c>. Checked at start; every wrong one is named.</summary>
public sealed class InferenceOptions
{
    /// <summary>Where the settings are found.</summary>
    public const string Section = "Inference";

    /// <summary>Folder of the models, relative to the current one.</summary>
    /// <value>Default: <c>models</c>.</value>
    [Required]
    public string ModelsPath { get; set; } = "models";

    /// <summary>Models for requests that name none, in order of preference: the first that the sampler can serve. Loaded at start.</summary>
    /// <value>Default: <c>digits-ddpm</c>, <c>digits-dddm</c>.</value>
    public IList<string> DefaultModels { get; } = [];

    /// <summary><c>cpu</c>, <c>cuda</c>, <c>cuda:0</c>, or <c>auto</c>: CUDA where there is one.</summary>
    /// <value>Default: <c>auto</c>.</value>
    [RegularExpression("^(auto|cpu|cuda(:[0-9]+)?)$", ErrorMessage = "Device must be auto, cpu, cuda or cuda:N.")]
    public string Device { get; set; } = "auto";

    /// <summary>
    /// What networks compute in: <c>float32</c>, <c>bfloat16</c>, or on a GPU <c>float16</c>. The arithmetic of samplers and classifiers that
    /// guide stay float32. <c>./run profile --precision</c> tells what a machine gains, and docs/determinism.md what it costs in a picture.
    /// </summary>
    /// <value>Default: <c>float32</c>.</value>
    [RegularExpression("^(float32|bfloat16|float16)$", ErrorMessage = "Precision must be float32, bfloat16 or float16.")]
    public string Precision { get; set; } = "float32";

    /// <summary>Threads of one CPU operation; 0 for <c>OMP_NUM_THREADS</c>, or all processors where that is not set.</summary>
    /// <value>Default: 0.</value>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Network evaluations per tick; a guidance pair takes two.</summary>
    /// <value>Default: 64.</value>
    [Range(2, 4096)]
    public int MaxBatchRows { get; set; } = 64;

    /// <summary>
    /// Whether batches are padded to a few sizes (1, 2, 3, 4, 6, 8, 12 ...), so that the device meets few shapes:
    /// <c>on</c>, <c>off</c>, or <c>auto</c> for where that pays, which is on CUDA.
    /// </summary>
    /// <value>Default: <c>auto</c>.</value>
    [RegularExpression("^(auto|off|on)$", ErrorMessage = "BatchBuckets must be auto, off or on.")]
    public string BatchBuckets { get; set; } = "auto";

    /// <summary>Network evaluations that may be accepted and not yet run; more are refused. An idle engine takes any one request.</summary>
    /// <value>Default: 200 000.</value>
    [Range(1, 100_000_000)]
    public long MaxQueuedRows { get; set; } = 200_000;

    /// <summary>Generations that may be accepted and not ended.</summary>
    /// <value>Default: 1024.</value>
    [Range(1, 100_000)]
    public int MaxQueuedGenerations { get; set; } = 1024;

    /// <summary>Pictures per request.</summary>
    /// <value>Default: 1024.</value>
    [Range(1, 100_000)]
    public int MaxCount { get; set; } = 1024;

    /// <summary>Steps per request; a model's own T also bounds them.</summary>
    /// <value>Default: 1000.</value>
    [Range(1, 100_000)]
    public int MaxSteps { get; set; } = 1000;

    /// <summary>Bytes of the frames that one request may ask to keep, 4 a value.</summary>
    /// <value>Default: 64 MiB.</value>
    [Range(0, int.MaxValue)]
    public int MaxTrajectoryBytes { get; set; } = 1 << 26;

    /// <summary>
    /// Bytes of the frames of all generations that can be found: ended ones are forgotten early to make room, and a request
    /// for which there is none is refused.
    /// </summary>
    /// <value>Default: 512 MiB.</value>
    [Range(0L, 1L << 40)]
    public long MaxRecordedBytes { get; set; } = 1L << 29;

    /// <summary>Network evaluations per request: pictures times steps, twice that with guidance.</summary>
    /// <value>Default: 100 000.</value>
    [Range(1, 100_000_000)]
    public long MaxRows { get; set; } = 100_000;

    /// <summary>Largest guidance scale.</summary>
    /// <value>Default: 20.</value>
    [Range(1.0, 1000.0)]
    public double MaxGuidance { get; set; } = 20;

    /// <summary>Ticks of its model that a picture may be passed over; then every second row of its client is for such ones.</summary>
    /// <value>Default: 16.</value>
    [Range(1, 10_000)]
    public int MaxSkippedTicks { get; set; } = 16;

    /// <summary>How the rows of a tick are chosen: <c>fair</c>, <c>fifo</c>, <c>request-level</c> or <c>serial</c>; see docs/engine.md.</summary>
    /// <value>Default: <c>fair</c>.</value>
    [Required]
    public string Policy { get; set; } = "fair";

    /// <summary>Shares of device time by model name; a model that is not named has 1.</summary>
    /// <value>Default: none. Each above 0.</value>
    public IDictionary<string, double> ModelWeights { get; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Shares of a model's device time by client; a client that is not named has 1.</summary>
    /// <value>Default: none. Each above 0.</value>
    public IDictionary<string, double> ClientWeights { get; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>How long an ended generation can still be found.</summary>
    /// <value>Default: 10 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan FinishedRetention { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How many ended generations are kept at most.</summary>
    /// <value>Default: 256.</value>
    [Range(0, 100_000)]
    public int MaxFinished { get; set; } = 256;

    /// <summary>How often the models' folder is looked at.</summary>
    /// <value>Default: 2 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Bytes of weights that may be loaded at a time; 0 for no limit. When another version needs room, versions that
    /// nobody uses are unloaded, the one used longest ago first; those that the default models serve always stay.
    /// </summary>
    /// <value>Default: 0.</value>
    [Range(0, long.MaxValue)]
    public long ModelMemoryBudget { get; set; }

    /// <summary>How long an accepted generation waits for its model to be loaded before it fails.</summary>
    /// <value>Default: 2 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan ModelLoadTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a stopping service goes on with what it has accepted before it cancels the rest.</summary>
    /// <value>Default: 10 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(10);
}
