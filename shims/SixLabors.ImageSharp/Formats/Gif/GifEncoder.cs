using System.Buffers.Binary;
using SixLabors.ImageSharp.Metadata;
using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp.Formats.Gif;

/// <summary>
/// Writes all frames as GIF 89a, each with a palette of its own, so that colours do not shift from frame to
/// frame: exact up to 256 colours, else the nearest of 256 chosen for the frame. Alpha under one half is
/// written as transparent, the rest as opaque.
/// </summary>
public sealed class GifEncoder : QuantizingImageEncoder
{
    protected override void Encode<TPixel>(Image<TPixel> image, Stream stream, CancellationToken cancellationToken)
    {
        if (image.Width > ushort.MaxValue || image.Height > ushort.MaxValue) throw new ImageFormatException($"GIF: {image.Width} x {image.Height} pixels, the longest side is {ushort.MaxValue}.");
        stream.Write("GIF89a"u8);
        WriteUInt16(stream, image.Width);
        WriteUInt16(stream, image.Height);
        stream.Write([0x70, 0, 0]); // 8 bits a channel, no global palette

        int repeats = image.Metadata.GetGifMetadata().RepeatCount;
        if (image.Frames.Count > 1 && repeats != 1)
        {
            stream.Write([0x21, 0xFF, 11, .. "NETSCAPE2.0"u8, 3, 1]);
            WriteUInt16(stream, repeats);
            stream.WriteByte(0);
        }
        foreach (var frame in image.Frames)
        {
            cancellationToken.ThrowIfCancellationRequested();
            WriteFrame(stream, frame);
        }
        stream.WriteByte(0x3B);
    }

    private static void WriteFrame<TPixel>(Stream stream, ImageFrame<TPixel> frame)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        var colours = new byte[checked(frame.Width * frame.Height * 4)];
        Channels.FromPixels<TPixel>(frame.Pixels, 4, colours);
        var quantized = Palette.Quantize(colours);

        int delay = Math.Clamp(frame.Metadata.GetGifMetadata().FrameDelay, 0, ushort.MaxValue);
        bool hasTransparency = quantized.Transparent >= 0;
        // a frame with holes must not show the one before through them: it is cleared away after its time
        stream.Write([0x21, 0xF9, 4, (byte)(hasTransparency ? 0x09 : 0x04)]);
        WriteUInt16(stream, delay);
        stream.Write([(byte)Math.Max(0, quantized.Transparent), 0]);

        int bits = 1;
        while (1 << bits < quantized.Colors) bits++;
        stream.Write([0x2C, 0, 0, 0, 0]);
        WriteUInt16(stream, frame.Width);
        WriteUInt16(stream, frame.Height);
        stream.WriteByte((byte)(0x80 | (bits - 1)));
        stream.Write(quantized.Rgb.AsSpan(0, 3 << bits));

        int codeSize = Math.Max(2, bits);
        stream.WriteByte((byte)codeSize);
        WriteBlocks(stream, LzwEncoder.Encode(quantized.Indices, codeSize));
    }

    private static void WriteBlocks(Stream stream, ReadOnlySpan<byte> data)
    {
        for (; data.Length > 0; data = data[Math.Min(255, data.Length)..])
        {
            stream.WriteByte((byte)Math.Min(255, data.Length));
            stream.Write(data[..Math.Min(255, data.Length)]);
        }
        stream.WriteByte(0);
    }

    private static void WriteUInt16(Stream stream, int value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        stream.Write(bytes);
    }
}
