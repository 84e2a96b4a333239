using Diffusion.Networks;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;
using Layer = TorchSharp.Modules.Convolution;

namespace Diffusion.Kernels;

/// <summary>
/// How a convolution of 3x3 or 1x1 that keeps the size of its image is evaluated: by our kernel where it serves (3x3 by F(2x2, 3x3) of Lavin
/// and Gray 2016, 1x1 as a product), which packs the weights once, and again when they change; else by the plain operator.
/// </summary>
/// <remarks>Which way is taken depends on the layer, the processor and the kind of tensor, never on sizes: an image gets the same bits in every batch.</remarks>
/// <param name="layer">Whose weights, [O, I, K, K] or [O, I, 1], and bias are used, whatever they are at that moment.</param>
internal sealed class ImageConvolution(Layer layer) : IDisposable
{
    private const int Multiple = 16;

    private readonly PackedWeights? packed = Packs(layer.in_channels, layer.out_channels) ? new PackedWeights() : null;

    private readonly long padding = layer.weight.size(-1) / 2;

    /// <summary>Whether the kernel serves a layer on this processor.</summary>
    /// <param name="from">I.</param>
    /// <param name="to">O.</param>
    public static bool Packs(long from, long to) => NativeKernels.Unit != VectorUnit.None && from % Multiple == 0 && to % Multiple == 0;

    /// <param name="x">[B, I, H, W].</param>
    /// <param name="added">[B, O, H, W], added to the result; null for nothing.</param>
    /// <returns>[B, O, H, W] in the layout of <paramref name="x"/>.</returns>
    public Tensor Of(Tensor x, Tensor? added = null)
    {
        using var scope = NewDisposeScope();
        var weight = layer.weight.ndim == 4 ? layer.weight : layer.weight.unsqueeze(-1);
        if (packed is not null && ChannelsLast.Is(x) && ChannelsLast.Pays(x) && (added is null || ChannelsLast.Is(added)))
            return NativeKernels.Convolution(x, weight, layer.bias!, added, packed, NativeKernels.Unit).MoveToOuterDisposeScope();
        var y = F.conv2d(x, weight, layer.bias, padding: [padding, padding]);
        return (added is null ? y : y.add_(added, Scalars.One)).MoveToOuterDisposeScope();
    }

    /// <summary>Gives the packed weights back; the layer is its owner's.</summary>
    public void Dispose() => packed?.Dispose();
}
