using Diffusion.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Kernels;

/// <summary>
/// How a fully connected layer is evaluated: as a convolution of 1x1 by our kernel where it serves, else by the plain operator. The kernel adds the
/// terms of a row in one order, where a matrix product of a library chooses one by the number of rows: so a row has the same bits in every batch.
/// </summary>
/// <param name="layer">Whose weights, [O, I], and bias are used, whatever they are at that moment.</param>
internal sealed class SteadyLinear(Linear layer) : IDisposable
{
    private readonly long from = layer.weight.size(1), to = layer.weight.size(0);
    private readonly PackedWeights? packed = ImageConvolution.Packs(layer.weight.size(1), layer.weight.size(0)) ? new PackedWeights() : null;

    /// <param name="x">[..., I].</param>
    /// <returns>[..., O].</returns>
    public Tensor Of(Tensor x)
    {
        if (packed is null || !ChannelsLast.Pays(x)) return layer.forward(x);
        using var scope = NewDisposeScope();
        var rows = x.reshape(-1, from).contiguous().view(-1, from, 1, 1);
        var y = NativeKernels.Convolution(rows, layer.weight.view(to, from, 1, 1), layer.bias!, null, packed, NativeKernels.Unit);
        return y.view([.. x.shape[..^1], to]).MoveToOuterDisposeScope();
    }

    /// <summary>Gives the packed weights back; the layer is its owner's.</summary>
    public void Dispose() => packed?.Dispose();
}
