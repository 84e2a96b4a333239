using System.Numerics;

namespace Diffusion.Inference.Jobs;

/// <summary>The frames of a request that are kept until its end. Engine thread only.</summary>
internal sealed class Recording
{
    private readonly FrameOptions options;
    private readonly AcceptedRequest request;
    private readonly int size;
    private readonly int[] steps;
    private readonly float[]? noisy, clean, memory;

    public Recording(AcceptedRequest request, FrameOptions options, PictureShape shape)
    {
        (this.request, this.options, size) = (request, options, shape.Values);
        steps = StepsOf(options, request.Steps);
        noisy = New(FrameDemand.Noisy);
        clean = New(FrameDemand.Clean);
        memory = New(FrameDemand.Memory);
    }

    /// <summary>Bytes of the arrays of a recording.</summary>
    public static long BytesOf(FrameOptions options, int steps, int count, PictureShape shape) =>
        (long)StepsOf(options, steps).Length * count * shape.Values * sizeof(float) * BitOperations.PopCount((uint)options.Kinds);

    public FrameDemand Demand(int step) => options.Selects(step, request.Steps) ? options.Kinds : FrameDemand.None;

    /// <summary>Keeps what a row brought, if its step is wanted.</summary>
    public void Take(int sample, int step, float[]? x, float[]? estimate, float[]? shown)
    {
        var frame = Array.BinarySearch(steps, step);
        if (frame < 0) return;
        var at = (frame * request.Count + sample) * size;
        if (noisy is not null) x!.CopyTo(noisy, at);
        if (clean is not null) estimate!.CopyTo(clean, at);
        if (memory is not null) shown!.CopyTo(memory, at);
    }

    public Trajectory ToTrajectory() => new(steps, [.. steps.Select(s => request.Table.Rows[s - 1].TimeIndex)], noisy, clean, memory);

    private float[]? New(FrameDemand kind)
    {
        if (!options.Kinds.HasFlag(kind)) return null;
        var values = new float[steps.Length * request.Count * size];
        // a picture that enters later has no frames of the rows before
        if (request.Course.Entries is not null) Array.Fill(values, float.NaN);
        return values;
    }

    /// <summary>The steps that a recording has frames of.</summary>
    public static int[] StepsOf(FrameOptions options, int steps) => [.. Enumerable.Range(1, steps).Where(s => options.Selects(s, steps))];
}
