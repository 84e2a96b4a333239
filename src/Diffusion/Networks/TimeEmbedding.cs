using Diffusion.Kernels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Networks;

/// <summary>
/// The embedding of the time index: sinusoids in ADM's order, cosines, then sines, of t 10000^(-i/half), and two layers of four times the width with SiLU
/// between them.
/// </summary>
internal sealed class TimeEmbedding : IDisposable
{
    private readonly int width;
    private readonly Linear inner, outer;
    private readonly SteadyLinear first, second;

    // one frequency table for each device the network has been on; no buffer, so that no checkpoint holds it
    private Tensor? frequencies;

    public TimeEmbedding(int width)
    {
        this.width = width;
        (inner, outer) = (nn.Linear(width, 4 * width), nn.Linear(4 * width, 4 * width));
        (first, second) = (new SteadyLinear(inner), new SteadyLinear(outer));
    }

    /// <summary>The layers as checkpoints name them, to be registered by the network, whose they are then.</summary>
    public Sequential Layers() => nn.Sequential(("0", inner), ("2", outer));

    /// <param name="timeIndex">[B], any number type.</param>
    /// <returns>[B, 4 width], in the number type of the layers.</returns>
    public Tensor Of(Tensor timeIndex)
    {
        using var scope = NewDisposeScope();
        return second.Of(F.silu(first.Of(Sinusoids(timeIndex).to(inner.weight!.dtype)))).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
        frequencies?.Dispose();
    }

    private Tensor Sinusoids(Tensor timeIndex)
    {
        var angles = timeIndex.to(ScalarType.Float32).unsqueeze(1).mul(On(timeIndex.device));
        return cat([angles.cos(), angles.sin()], 1);
    }

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
