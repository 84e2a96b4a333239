using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>One number for each time of a schedule, at hand on the device that it was asked for on last; no buffer, so that no checkpoint holds it.</summary>
internal sealed class TimeTable(float[] values) : IDisposable
{
    private Tensor? table;

    /// <param name="timeIndex">[B], any number type; between two indices the number lies on the line between theirs.</param>
    /// <returns>[B, 1, 1, 1], float32; belongs to the caller's dispose scope.</returns>
    public Tensor Of(Tensor timeIndex)
    {
        using var scope = NewDisposeScope();
        var table = On(timeIndex.device);
        var found = timeIndex.is_floating_point() ? Between(table, timeIndex) : table.index_select(0, timeIndex.to(ScalarType.Int64));
        return found.view(-1, 1, 1, 1).MoveToOuterDisposeScope();
    }

    public void Dispose() => table?.Dispose();

    private Tensor Between(Tensor table, Tensor timeIndex)
    {
        var below = timeIndex.floor();
        var first = below.to(ScalarType.Int64);
        using Scalar one = 1L, last = values.Length - 1L;
        return table.index_select(0, first).lerp(table.index_select(0, first.add(one).clamp_max(last)), timeIndex.sub(below).to(ScalarType.Float32));
    }

    private Tensor On(Device device)
    {
        var known = table;
        if (known is not null && known.device.Equals(device)) return known;
        known?.Dispose();
        return table = tensor(values, [values.Length], device: device).DetachFromDisposeScope();
    }
}
