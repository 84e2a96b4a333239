using SixLabors.ImageSharp.Processing.Processors.Transforms;

namespace SixLabors.ImageSharp.Processing;

/// <summary>What happens when the shapes differ.</summary>
public enum ResizeMode
{
    /// <summary>Covers the target and cuts off what hangs over, the same on both sides.</summary>
    Crop = 0,

    /// <summary>Fits inside the target; the result may be smaller in one direction.</summary>
    Max = 3,

    /// <summary>Fills the target; the picture is distorted.</summary>
    Stretch = 5,
}

/// <summary>How to resize.</summary>
public class ResizeOptions
{
    /// <value><see cref="ResizeMode.Crop"/></value>
    public ResizeMode Mode { get; set; } = ResizeMode.Crop;

    /// <summary>The target; a side of 0 follows from the other.</summary>
    public Size Size { get; set; }

    /// <value><see cref="KnownResamplers.Bicubic"/></value>
    public IResampler Sampler { get; set; } = KnownResamplers.Bicubic;
}
