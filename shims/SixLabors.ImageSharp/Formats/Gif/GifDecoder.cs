using System.Runtime.InteropServices;
using SixLabors.ImageSharp.Metadata;
using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp.Formats.Gif;

/// <summary>Reads GIF 87a and 89a: every frame as it is shown, drawn over what the ones before left.</summary>
internal sealed class GifDecoder : IDecoder
{
    public IImageFormat Format => GifFormat.Instance;

    public bool Recognises(ReadOnlySpan<byte> file) => file.StartsWith("GIF87a"u8) || file.StartsWith("GIF89a"u8);

    public (int Width, int Height) ReadSize(ReadOnlySpan<byte> file)
    {
        var (width, height) = (GifReader.UInt16(file, 6), GifReader.UInt16(file, 8));
        return width > 0 && height > 0 ? (width, height) : throw GifReader.Damaged($"an image of {width} x {height} pixels");
    }

    public Image<TPixel> Decode<TPixel>(byte[] file, DecoderOptions options)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        var (width, height) = ReadSize(file);
        Budget.Check("GIF", file.Length, width, height);
        var canvas = new GifCanvas(width, height);
        var metadata = new ImageMetadata();
        Image<TPixel>? image = null;
        int flags = GifReader.Byte(file, 10), position = 13;
        var global = ReadPalette(file, flags, ref position);
        var control = GifControl.None;
        while (true)
        {
            int block = GifReader.Byte(file, position++);
            if (block == 0x3B) break;
            if (block == 0x21)
            {
                int label = GifReader.Byte(file, position++);
                if (label == 0xF9) control = GifControl.Read(file, position);
                else if (label == 0xFF) ReadApplication(file, position, metadata);
                position = GifReader.SkipBlocks(file, position);
            }
            else if (block == 0x2C)
            {
                Budget.Check("GIF", file.Length, width, height, (image?.Frames.Count ?? 0) + 1);
                position = canvas.Draw(file, position, global, control);
                image = Append(image, canvas, metadata, control);
                if (image.Frames.Count >= options.MaxFrames) return image;
                canvas.Dispose(control.Disposal);
                control = GifControl.None;
            }
            else throw GifReader.Damaged($"a block of type {block}");
        }
        return image ?? throw GifReader.Damaged("no frame");
    }

    public static byte[] ReadPalette(ReadOnlySpan<byte> file, int flags, ref int position)
    {
        if ((flags & 0x80) == 0) return [];
        var palette = GifReader.Bytes(file, position, 3 << ((flags & 7) + 1)).ToArray();
        position += palette.Length;
        return palette;
    }

    private static Image<TPixel> Append<TPixel>(Image<TPixel>? image, GifCanvas canvas, ImageMetadata metadata, GifControl control)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        var frame = new ImageFrame<TPixel>(canvas.Width, canvas.Height);
        Channels.ToPixels(MemoryMarshal.AsBytes<Rgba32>(canvas.Pixels), 4, frame.Pixels);
        frame.Metadata.GetGifMetadata().FrameDelay = control.Delay;
        if (image is null) return new Image<TPixel>(frame, metadata);
        image.Frames.Append(frame);
        return image;
    }

    private static void ReadApplication(ReadOnlySpan<byte> file, int position, ImageMetadata metadata)
    {
        var rest = file[Math.Min(position, file.Length)..];
        if (rest.Length >= 16 && rest[1..].StartsWith("NETSCAPE2.0"u8) && rest[12] == 3 && rest[13] == 1)
            metadata.GetGifMetadata().RepeatCount = (ushort)GifReader.UInt16(rest, 14);
    }
}

/// <summary>The graphic control extension before a frame; delay in 1/100 s, transparent index or -1.</summary>
internal sealed record GifControl(int Disposal, int Delay, int Transparent)
{
    public static GifControl None { get; } = new(0, 0, -1);

    public static GifControl Read(ReadOnlySpan<byte> file, int position)
    {
        if (GifReader.Byte(file, position) != 4) throw GifReader.Damaged("a damaged graphic control extension");
        int flags = GifReader.Byte(file, position + 1), transparent = GifReader.Byte(file, position + 4);
        return new GifControl((flags >> 2) & 7, GifReader.UInt16(file, position + 2), (flags & 1) != 0 ? transparent : -1);
    }
}
