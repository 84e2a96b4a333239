namespace Diffusion.Inference.Jobs;

/// <summary>
/// The recorded frames of a request, as exact as the engine computed them: float32, not rounded to pixels. Each array is
/// [F, N, C, H, W]; NaN where a picture had not begun at that step, and null for a kind that was not asked for.
/// </summary>
/// <param name="Steps">Steps done at each frame, 1..Steps, rising.</param>
/// <param name="Times">The 0-based time index that the network was given in each of these steps.</param>
/// <param name="Noisy">x_t after the step.</param>
/// <param name="Clean">The network's x_0 estimate of the step.</param>
/// <param name="Memory">What the network was shown as its memory at the step.</param>
public sealed record Trajectory(IReadOnlyList<int> Steps, IReadOnlyList<int> Times, float[]? Noisy, float[]? Clean, float[]? Memory)
{
    /// <summary>The kinds there are, by their names in requests and files.</summary>
    public IEnumerable<(string Kind, float[] Values)> Kinds
    {
        get
        {
            if (Noisy is not null) yield return (FrameKinds.Noisy, Noisy);
            if (Clean is not null) yield return (FrameKinds.Clean, Clean);
            if (Memory is not null) yield return (FrameKinds.Memory, Memory);
        }
    }
}
