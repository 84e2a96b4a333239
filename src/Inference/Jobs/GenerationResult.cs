namespace Diffusion.Inference.Jobs;

/// <summary>The pictures of a finished generation.</summary>
/// <param name="Values">x_0 as [N, C, H, W] float32 in [-1, 1]; of an inversion x_T.</param>
/// <param name="Labels">The label of each picture, null where unconditional.</param>
/// <param name="QueueMilliseconds">From acceptance to the first tick.</param>
/// <param name="SampleMilliseconds">From the first tick to the last.</param>
public sealed record GenerationResult(
    float[] Values, int Count, int Channels, int Height, int Width,
    IReadOnlyList<int?> Labels, double QueueMilliseconds, double SampleMilliseconds)
{
    /// <summary>The frames that were kept, or null if the request asked for none.</summary>
    public Trajectory? Trajectory { get; init; }

    /// <summary>One picture, [C, H, W].</summary>
    public ReadOnlySpan<float> ValuesOf(int index) => Values.AsSpan(index * Channels * Height * Width, Channels * Height * Width);
}
