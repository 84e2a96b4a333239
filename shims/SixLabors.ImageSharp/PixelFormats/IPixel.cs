namespace SixLabors.ImageSharp.PixelFormats;

/// <summary>A pixel that can be read as and written from 8-bit colours.</summary>
public interface IPixel
{
    /// <summary>Takes over a luminance; colour channels get it alike, alpha becomes opaque.</summary>
    void FromL8(L8 source);

    /// <summary>Takes over a colour; a luminance pixel takes its BT.709 luma, alpha becomes opaque.</summary>
    void FromRgb24(Rgb24 source);

    /// <summary>Takes over a colour; a pixel without alpha drops it.</summary>
    void FromRgba32(Rgba32 source);

    /// <summary>Writes this pixel as 8-bit RGBA.</summary>
    void ToRgba32(ref Rgba32 dest);
}

/// <summary>A pixel type usable in <see cref="Image{TPixel}"/>.</summary>
public interface IPixel<TSelf> : IPixel, IEquatable<TSelf>
    where TSelf : unmanaged, IPixel<TSelf>
{
}
