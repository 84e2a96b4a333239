using Diffusion.Kernels;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Networks;

/// <summary>What a block does to the size of its feature map.</summary>
internal enum Resampling
{
    None,

    /// <summary>Mean of 2x2.</summary>
    Down,

    /// <summary>Nearest neighbour, twice as large.</summary>
    Up,
}

internal static class ResamplingFunctions
{
    private static readonly double[] Twice = [2, 2];

    public static Tensor Apply(this Resampling resampling, Tensor x) => resampling switch
    {
        Resampling.Down => F.avg_pool2d(x, 2),
        Resampling.Up => F.interpolate(x, scale_factor: Twice),
        _ => x,
    };
}

/// <summary>Halves a feature map by a strided convolution (parameter <c>op</c>), where blocks do not resample.</summary>
internal sealed class Downsample : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d conv;

    public Downsample(long channels) : base(nameof(Downsample))
    {
        conv = Layers.Conv3x3(channels, channels, stride: 2);
        register_module("op", conv);
    }

    public override Tensor forward(Tensor x) => conv.forward(x);

    // the checkpoint's names are registered by hand: fields are not scanned
    protected override void RegisterComponents() { }
}

/// <summary>Doubles a feature map by nearest neighbour and a convolution (parameter <c>conv</c>), where blocks do not resample.</summary>
internal sealed class Upsample : nn.Module<Tensor, Tensor>
{
    private readonly ImageConvolution conv;

    public Upsample(long channels) : base(nameof(Upsample))
    {
        var layer = Layers.Conv3x3(channels, channels);
        conv = new ImageConvolution(layer);
        register_module("conv", layer);
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return conv.Of(Resampling.Up.Apply(x)).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) conv.Dispose();
        base.Dispose(disposing);
    }

    // the checkpoint's names are registered by hand: fields are not scanned
    protected override void RegisterComponents() { }
}
