using System.Runtime.InteropServices;

namespace SixLabors.ImageSharp.PixelFormats;

/// <summary>
/// Rows of interleaved 8-bit samples to and from pixels. The number of channels names the layout:
/// 1 luminance, 2 luminance and alpha, 3 RGB, 4 RGBA.
/// </summary>
internal static class Channels
{
    /// <summary>The channels that hold <typeparamref name="TPixel"/> without loss.</summary>
    public static int Of<TPixel>()
        where TPixel : unmanaged, IPixel<TPixel>
        => typeof(TPixel) == typeof(L8) ? 1 : typeof(TPixel) == typeof(Rgb24) ? 3 : 4;

    /// <summary>Whether the pixels lie in memory as the samples of that many channels do.</summary>
    public static bool Match<TPixel>(int channels)
        where TPixel : unmanaged, IPixel<TPixel>
        => (channels == 1 && typeof(TPixel) == typeof(L8))
        || (channels == 3 && typeof(TPixel) == typeof(Rgb24))
        || (channels == 4 && typeof(TPixel) == typeof(Rgba32));

    public static void ToPixels<TPixel>(ReadOnlySpan<byte> samples, int channels, Span<TPixel> pixels)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        if (Match<TPixel>(channels))
        {
            samples.CopyTo(MemoryMarshal.AsBytes(pixels));
            return;
        }
        for (int i = 0, s = 0; i < pixels.Length; i++, s += channels)
        {
            switch (channels)
            {
                case 1: pixels[i].FromL8(new L8(samples[s])); break;
                case 2: pixels[i].FromRgba32(new Rgba32(samples[s], samples[s], samples[s], samples[s + 1])); break;
                case 3: pixels[i].FromRgb24(new Rgb24(samples[s], samples[s + 1], samples[s + 2])); break;
                default: pixels[i].FromRgba32(new Rgba32(samples[s], samples[s + 1], samples[s + 2], samples[s + 3])); break;
            }
        }
    }

    public static void FromPixels<TPixel>(ReadOnlySpan<TPixel> pixels, int channels, Span<byte> samples)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        if (Match<TPixel>(channels))
        {
            MemoryMarshal.AsBytes(pixels).CopyTo(samples);
            return;
        }
        Rgba32 colour = default;
        L8 luminance = default;
        for (int i = 0, s = 0; i < pixels.Length; i++, s += channels)
        {
            pixels[i].ToRgba32(ref colour);
            if (channels <= 2)
            {
                luminance.FromRgba32(colour);
                samples[s] = luminance.PackedValue;
                if (channels == 2) samples[s + 1] = colour.A;
            }
            else
            {
                samples[s] = colour.R;
                samples[s + 1] = colour.G;
                samples[s + 2] = colour.B;
                if (channels == 4) samples[s + 3] = colour.A;
            }
        }
    }
}
