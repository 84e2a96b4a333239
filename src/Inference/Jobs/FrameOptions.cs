namespace Diffusion.Inference.Jobs;

/// <summary>Which frames somebody wants, to watch or to keep. Two with the same contents are equal.</summary>
/// <param name="Every">Every n-th step, and always the last; 0 for none. Without meaning where <see cref="AtSteps"/> names steps.</param>
/// <param name="Noisy">Whether frames carry x_t.</param>
/// <param name="Clean">Whether frames carry the x_0 estimate.</param>
public sealed record FrameOptions(int Every = 1, bool Noisy = true, bool Clean = true)
{
    /// <summary>Whether frames carry what the network was shown as its memory at that step; only of models that have one.</summary>
    public bool Memory { get; init; }

    /// <summary>These steps, 1..Steps, and no others; empty leaves it to <see cref="Every"/>.</summary>
    public IReadOnlyList<int> AtSteps { get; init; } = [];

    /// <summary>At most so many frames a second of each picture, the last step apart; null for no limit. A recording has none.</summary>
    public double? MaxFps { get; init; }

    /// <summary>These pictures, 0-based; empty for all.</summary>
    public IReadOnlyList<int> Samples { get; init; } = [];

    /// <summary>Lifecycle events only.</summary>
    public static FrameOptions None { get; } = new(0, false, false);

    /// <summary>Pictures in a frame.</summary>
    internal FrameDemand Kinds =>
        (Noisy ? FrameDemand.Noisy : 0) | (Clean ? FrameDemand.Clean : 0) | (Memory ? FrameDemand.Memory : 0);

    /// <inheritdoc/>
    public bool Equals(FrameOptions? other) => other is not null
        && (Every, Kinds, MaxFps) == (other.Every, other.Kinds, other.MaxFps)
        && AtSteps.SequenceEqual(other.AtSteps) && Samples.SequenceEqual(other.Samples);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Every, Kinds, MaxFps, AtSteps.Count, Samples.Count);

    /// <summary>Whether a step is among them.</summary>
    internal bool Selects(int step, int steps) => AtSteps.Count > 0
        ? AtSteps.Contains(step)
        : Every > 0 && (step % Every == 0 || step == steps);

    internal bool SelectsSample(int sample) => Samples.Count == 0 || Samples.Contains(sample);
}
