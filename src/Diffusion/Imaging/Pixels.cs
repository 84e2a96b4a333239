using static TorchSharp.torch;

namespace Diffusion.Imaging;

/// <summary>Between the [-1, 1] of networks, in planes, and 8-bit pixels, interleaved.</summary>
public static class Pixels
{
    /// <summary>clamp(round((v + 1) 127.5)), halves to even; not-a-number becomes 0.</summary>
    public static byte ToByte(float value) => value >= -1 ? (byte)MathF.Round((Math.Min(value, 1f) + 1f) * 127.5f) : (byte)0;

    /// <summary>v / 127.5 - 1, in [-1, 1].</summary>
    public static float ToFloat(byte value) => value / 127.5f - 1f;

    /// <summary>Planes [C, H, W] in [-1, 1] to pixels [H, W, C].</summary>
    /// <param name="planes">Channels after each other.</param>
    /// <param name="channels">C.</param>
    /// <param name="pixels">As many as <paramref name="planes"/>.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public static void Interleave(ReadOnlySpan<float> planes, int channels, Span<byte> pixels)
    {
        var area = Area(planes.Length, channels, pixels.Length);
        for (var c = 0; c < channels; c++)
        {
            var plane = planes.Slice(c * area, area);
            for (var i = 0; i < area; i++) pixels[i * channels + c] = ToByte(plane[i]);
        }
    }

    /// <summary>Pixels [H, W, C] to planes [C, H, W] in [-1, 1].</summary>
    /// <inheritdoc cref="Interleave"/>
    public static void Separate(ReadOnlySpan<byte> pixels, int channels, Span<float> planes)
    {
        var area = Area(pixels.Length, channels, planes.Length);
        for (var c = 0; c < channels; c++)
            for (var i = 0; i < area; i++)
                planes[c * area + i] = ToFloat(pixels[i * channels + c]);
    }

    /// <summary>Images [B, C, H, W] in [-1, 1], on any device, as pictures.</summary>
    public static Picture[] ToPictures(Tensor images)
    {
        if (images.ndim != 4) throw new ArgumentException($"images must be [B, C, H, W], got {images.ndim} dimensions.", nameof(images));
        using var scope = NewDisposeScope();
        var (count, channels, height, width) = ((int)images.size(0), (int)images.size(1), (int)images.size(2), (int)images.size(3));
        using var values = images.detach().to(ScalarType.Float32).cpu().data<float>();
        var planes = values.ToArray().AsSpan();
        var size = channels * height * width;
        var pictures = new Picture[count];
        for (var i = 0; i < count; i++) pictures[i] = Picture.FromPlanes(planes.Slice(i * size, size), width, height, channels);
        return pictures;
    }

    /// <summary>Pictures of one size as a tensor [B, C, H, W] in [-1, 1] on the CPU.</summary>
    /// <exception cref="ArgumentException">No pictures, or of different sizes.</exception>
    public static Tensor ToTensor(IReadOnlyList<Picture> pictures)
    {
        Picture.RequireOneSize(pictures);
        var first = pictures[0];
        var size = first.Pixels.Length;
        var planes = new float[pictures.Count * size];
        for (var i = 0; i < pictures.Count; i++) Separate(pictures[i].Pixels, first.Channels, planes.AsSpan(i * size, size));
        return tensor(planes, [pictures.Count, first.Channels, first.Height, first.Width]);
    }

    private static int Area(int from, int channels, int to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        if (from != to || from % channels != 0) throw new ArgumentException($"{from} values of {channels} channels do not fit {to}.");
        return from / channels;
    }
}
