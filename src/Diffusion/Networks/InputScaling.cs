using Diffusion.Schedules;
using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>
/// Multiplies what a network sees of x_t by one number for each time (c_in of Karras et al. 2022): where variance explodes, x_t is up to
/// 50 times as large as an image, and a network learns well only from inputs of about one size.
/// </summary>
internal sealed class InputScaling(float[] scales) : IDisposable
{
    private readonly TimeTable table = new(scales);

    /// <summary>That of a schedule, or null where it is 1 at every time.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="deviation">Of an image; counts only where variance explodes.</param>
    public static InputScaling? Of(NoiseSchedule schedule, double deviation = 1) => schedule.IsVarianceExploding
        ? new InputScaling([.. Enumerable.Range(1, schedule.Steps).Select(t => (float)schedule.InputScale(t, deviation))])
        : null;

    /// <param name="x">[B, C, H, W].</param>
    /// <param name="timeIndex">[B], any number type.</param>
    public Tensor Apply(Tensor x, Tensor timeIndex)
    {
        using var scope = NewDisposeScope();
        return x.mul(table.Of(timeIndex)).MoveToOuterDisposeScope();
    }

    public void Dispose() => table.Dispose();
}
