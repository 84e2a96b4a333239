using System.Runtime.InteropServices;
using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp.Formats.Webp;

/// <summary>Reads lossy and lossless WebP; of an animation the first frame.</summary>
internal sealed unsafe class WebpDecoder : IDecoder
{
    public IImageFormat Format => WebpFormat.Instance;

    public bool Recognises(ReadOnlySpan<byte> file) => file.Length >= 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8);

    public (int Width, int Height) ReadSize(ReadOnlySpan<byte> file)
    {
        LibWebp.Codec.Require();
        fixed (byte* webp = file)
        {
            if (LibWebp.GetInfo(webp, (nuint)file.Length, out int width, out int height) == 0) throw Damaged("its header is damaged");
            return (width, height);
        }
    }

    public Image<TPixel> Decode<TPixel>(byte[] file, DecoderOptions options)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        var (width, height) = ReadSize(file);
        Budget.Check("WebP", file.Length, width, height);
        var image = new Image<TPixel>(width, height);
        if (AnimatedWebp.FirstFrame(file) is not { } first)
        {
            DecodeStill(file, image.Frames.RootFrame, 0, 0, width, height);
            return image;
        }
        var (frameWidth, frameHeight) = ReadSize(first.Still);
        if ((long)first.X + frameWidth > width || (long)first.Y + frameHeight > height) throw Damaged("a frame reaches beyond the image");
        DecodeStill(first.Still, image.Frames.RootFrame, first.X, first.Y, frameWidth, frameHeight);
        return image;
    }

    public static InvalidImageContentException Damaged(string why) => new($"WebP: {why}.");

    private static void DecodeStill<TPixel>(byte[] file, ImageFrame<TPixel> frame, int x, int y, int width, int height)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        bool direct = typeof(TPixel) == typeof(Rgba32) && (x, y, width, height) == (0, 0, frame.Width, frame.Height);
        var samples = direct ? MemoryMarshal.AsBytes(frame.Pixels) : new byte[checked(width * height * 4)];
        fixed (byte* webp = file)
        fixed (byte* target = samples)
        {
            if (LibWebp.DecodeRgba(webp, (nuint)file.Length, target, (nuint)samples.Length, width * 4) == null) throw Damaged("the compressed data are damaged or end too early");
        }
        for (int row = 0; row < height && !direct; row++)
            Channels.ToPixels(samples.Slice(row * width * 4, width * 4), 4, frame.Row(y + row).Slice(x, width));
    }
}
