namespace Diffusion.Inference.Jobs;

/// <summary>The names of what a frame can carry.</summary>
public static class FrameKinds
{
    /// <summary>x_t after the step.</summary>
    public const string Noisy = "x_t";

    /// <summary>The x_0 estimate of the step.</summary>
    public const string Clean = "x0";

    /// <summary>What the network was shown as its memory at the step.</summary>
    public const string Memory = "memory";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Noisy, Clean, Memory];
}
