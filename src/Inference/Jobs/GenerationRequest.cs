using Diffusion.Guidance;
using Diffusion.Inference.Quotas;
using Diffusion.Noise;

namespace Diffusion.Inference.Jobs;

/// <summary>What a caller asks for. Everything that is null takes the model's own default.</summary>
public sealed record GenerationRequest
{
    /// <summary>The client of requests that do not say whose they are.</summary>
    public const string Anonymous = "anonymous";

    /// <summary>What to make.</summary>
    public GenerationKind Kind { get; init; }

    /// <summary>
    /// Where the pictures begin: nothing for the noise of <see cref="Seed"/>, two ends for an interpolation, an image
    /// for every picture of an inversion or a reconstruction.
    /// </summary>
    public IReadOnlyList<PictureStart> Starts { get; init; } = [];

    /// <summary>How an interpolation goes from its first start to its second.</summary>
    public NoisePath Path { get; init; }

    /// <summary>Model name, optionally with a version or alias: <c>digits-ddpm</c>, <c>digits-ddpm@3</c>, <c>digits-ddpm@prod</c>.</summary>
    public string? Model { get; init; }

    /// <summary>Sampler name from the catalogue.</summary>
    public string? Sampler { get; init; }

    /// <summary>Network evaluations per picture (guidance not counted), 1..T.</summary>
    public int? Steps { get; init; }

    /// <summary>Sampler options by name, such as <c>eta</c>.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>Pictures, 1..the configured limit.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Same seed, same pictures; drawn at random when null. Picture i of n does not depend on n.</summary>
    public ulong? Seed { get; init; }

    /// <summary>
    /// Number of the first picture in the noise of the seed, so that many pictures of one seed can be asked for in parts. Only of
    /// pictures from noise. Set by the service, never by the caller.
    /// </summary>
    public int FirstPicture { get; init; }

    /// <summary>Class labels, used in turn over the pictures; empty means unconditional.</summary>
    public IReadOnlyList<int> Labels { get; init; } = [];

    /// <summary>Strength of classifier-free guidance, in <see cref="Convention"/>.</summary>
    public double? Guidance { get; init; }

    /// <summary>How <see cref="Guidance"/> is meant: s in out = u + s (c - u), where 1 is none, or w = s - 1.</summary>
    public GuidanceConvention Convention { get; init; }

    /// <summary>phi of guidance rescale (Lin et al. 2023), 0..1; null and 0 are none.</summary>
    public double? GuidanceRescale { get; init; }

    /// <summary>eta of adaptive projected guidance (Sadat et al. 2025), the share that is kept of what guidance adds along the estimate, 0..1; null and 1 keep all.</summary>
    public double? GuidanceParallel { get; init; }

    /// <summary>The percentile of dynamic thresholding (Saharia et al. 2022) as a share, 0..1; null clips as the sampler does.</summary>
    public double? DynamicThreshold { get; init; }

    /// <summary>A noisy classifier by name, as <see cref="Model"/> is named, that guides towards <see cref="Labels"/>; null for none.</summary>
    public string? Classifier { get; init; }

    /// <summary>Its scale s; 1 when null.</summary>
    public double? ClassifierScale { get; init; }

    /// <summary>How exactly the seed fixes the pictures.</summary>
    public Determinism Determinism { get; init; }

    /// <summary>Who asks: device time is shared fairly between clients. Set by the service, never by the caller.</summary>
    public string Client { get; init; } = Anonymous;

    /// <summary>How soon the pictures are needed, among the requests of the same client.</summary>
    public RequestClass Class { get; init; }

    /// <summary>
    /// The pictures are worth nothing later than this after acceptance, above zero; null for no limit. A request that
    /// cannot be promised is refused; one that is accepted goes before others when its time runs out.
    /// </summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>The frames to keep until the end, of all pictures; null for none.</summary>
    public FrameOptions? Record { get; init; }

    /// <summary>What <see cref="Client"/> may use; null is no limit. Set by the service, never by the caller.</summary>
    public Allowance? Allowance { get; init; }
}
