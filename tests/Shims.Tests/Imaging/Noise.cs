using System.Runtime.InteropServices;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace Shims.Tests.Imaging;

/// <summary>Images of seeded random bytes, and their pixels as bytes.</summary>
internal static class Noise
{
    public static Image<TPixel> Image<TPixel>(int width, int height, int seed)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        var bytes = new byte[width * height * Marshal.SizeOf<TPixel>()];
        new Random(seed).NextBytes(bytes);
        return SixLabors.ImageSharp.Image.LoadPixelData<TPixel>(bytes, width, height);
    }

    public static byte[] Pixels<TPixel>(Image<TPixel> image)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        var bytes = new byte[image.Width * image.Height * Marshal.SizeOf<TPixel>()];
        image.CopyPixelDataTo(bytes);
        return bytes;
    }
}
