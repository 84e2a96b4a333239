using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>The sinusoidal embedding of the time index, in ADM's order: cosines, then sines, of t 10000^(-i/half).</summary>
internal sealed class TimeEmbedding(int width) : IDisposable
{
    // one frequency table for each device the network has been on; no buffer, so that no checkpoint holds it
    private Tensor? frequencies;

    /// <param name="timeIndex">[B], any number type.</param>
    /// <returns>[B, width], float32.</returns>
    public Tensor Of(Tensor timeIndex)
    {
        using var scope = NewDisposeScope();
        var table = On(timeIndex.device);
        var angles = timeIndex.to(ScalarType.Float32).unsqueeze(1).mul(table);
        return cat([angles.cos(), angles.sin()], 1).MoveToOuterDisposeScope();
    }

    public void Dispose() => frequencies?.Dispose();

    private Tensor On(Device device)
    {
        var known = frequencies;
        if (known is not null && known.device.Equals(device)) return known;
        var half = width / 2;
        var values = new float[half];
        for (var i = 0; i < half; i++) values[i] = (float)Math.Pow(10000, -(double)i / half);
        known?.Dispose();
        return frequencies = tensor(values, [1, half], device: device).DetachFromDisposeScope();
    }
}
