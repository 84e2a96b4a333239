using Diffusion.Imaging;

namespace Diffusion.Training.Data;

/// <summary>Image sets hold an image channel by channel, pictures hold the channels of a pixel side by side.</summary>
internal static class Planes
{
    public static byte[] Of(Picture picture)
    {
        if (picture.Channels == 1) return picture.Pixels;
        var (planes, plane) = (new byte[picture.Pixels.Length], picture.Width * picture.Height);
        for (var i = 0; i < plane; i++)
            for (var c = 0; c < picture.Channels; c++) planes[c * plane + i] = picture.Pixels[i * picture.Channels + c];
        return planes;
    }

    public static byte[] ToPixels(byte[] planes, int channels)
    {
        var (pixels, plane) = (new byte[planes.Length], planes.Length / channels);
        for (var c = 0; c < channels; c++)
            for (var i = 0; i < plane; i++) pixels[i * channels + c] = planes[c * plane + i];
        return pixels;
    }
}
