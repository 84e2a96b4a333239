namespace Diffusion.Inference.Jobs;

/// <summary>Which frames a watcher wants.</summary>
/// <param name="Every">Every n-th step, and always the last; 0 for none.</param>
/// <param name="Noisy">Whether frames carry x_t.</param>
/// <param name="Clean">Whether frames carry the x_0 estimate.</param>
public sealed record FrameOptions(int Every = 1, bool Noisy = true, bool Clean = true)
{
    /// <summary>Lifecycle events only.</summary>
    public static FrameOptions None { get; } = new(0, false, false);
}
