using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace Diffusion.Api.Tests.Faults;

/// <summary>How far two picture files are apart.</summary>
internal static class PictureDifference
{
    /// <summary>The largest difference of a pixel, 0..255.</summary>
    public static int Of(byte[] one, byte[] other)
    {
        var (a, b) = (Pixels(one), Pixels(other));
        Assert.Equal(a.Length, b.Length);
        return a.Zip(b, (x, y) => Math.Abs(x.PackedValue - y.PackedValue)).Max();
    }

    private static L8[] Pixels(byte[] file)
    {
        using var image = Image.Load<L8>(file);
        var pixels = new L8[image.Width * image.Height];
        image.CopyPixelDataTo(pixels);
        return pixels;
    }
}
