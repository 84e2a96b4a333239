using Diffusion.Schedules;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>
/// Multiplies what a network sees of x_t by one number for each time (c_in of Karras et al. 2022): where variance explodes, x_t is up to
/// 50 times as large as an image, and a network learns well only from inputs of about one size.
/// </summary>
internal sealed class InputScaling(float[] scales) : IDisposable
{
    // on the device that the network has been on last; no buffer, so that no checkpoint holds it
    private Tensor? table;

    /// <summary>That of a schedule, or null where it is 1 at every time.</summary>
    public static InputScaling? Of(NoiseSchedule schedule) => schedule.IsVarianceExploding
        ? new InputScaling([.. Enumerable.Range(1, schedule.Steps).Select(t => (float)schedule.InputScale(t))])
        : null;

    /// <param name="x">[B, C, H, W].</param>
    /// <param name="timeIndex">[B], any number type; between two indices the scale lies on the line between theirs.</param>
    public Tensor Apply(Tensor x, Tensor timeIndex)
    {
        using var scope = NewDisposeScope();
        var table = On(x.device);
        var scale = timeIndex.is_floating_point() ? Between(table, timeIndex) : table.index_select(0, timeIndex.to(ScalarType.Int64));
        return x.mul(scale.view(-1, 1, 1, 1)).MoveToOuterDisposeScope();
    }

    public void Dispose() => table?.Dispose();

    private Tensor Between(Tensor table, Tensor timeIndex)
    {
        var below = timeIndex.floor();
        var first = below.to(ScalarType.Int64);
        using Scalar one = 1L, last = scales.Length - 1L;
        return table.index_select(0, first).lerp(table.index_select(0, first.add(one).clamp_max(last)), timeIndex.sub(below).to(ScalarType.Float32));
    }

    private Tensor On(Device device)
    {
        var known = table;
        if (known is not null && known.device.Equals(device)) return known;
        known?.Dispose();
        return table = tensor(scales, [scales.Length], device: device).DetachFromDisposeScope();
    }
}
