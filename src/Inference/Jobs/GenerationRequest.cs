using Diffusion.Inference.Quotas;
using Diffusion.Noise;

namespace Diffusion.Inference.Jobs;

/// <summary>What a caller asks for. Everything that is null takes the model's own default.</summary>
public sealed record GenerationRequest
{
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

    /// <summary>Class labels, used in turn over the pictures; empty means unconditional.</summary>
    public IReadOnlyList<int> Labels { get; init; } = [];

    /// <summary>Classifier-free guidance scale s in out = u + s (c - u); 1 is none.</summary>
    public double? Guidance { get; init; }

    /// <summary>Who asks: the name of a key, or an address.</summary>
    public string Client { get; init; } = "";

    /// <summary>What <see cref="Client"/> may use; null is no limit.</summary>
    public Allowance? Allowance { get; init; }
}
