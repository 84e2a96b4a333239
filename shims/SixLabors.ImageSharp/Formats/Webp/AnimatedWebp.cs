using System.Buffers.Binary;

namespace SixLabors.ImageSharp.Formats.Webp;

/// <summary>Cuts the first frame out of an animated WebP as a still file (RIFF container of RFC 9649, section 2.7).</summary>
internal static class AnimatedWebp
{
    private const int FrameHeader = 16;

    /// <summary>The frame and its place on the canvas; null when the file is a still image.</summary>
    public static (byte[] Still, int X, int Y)? FirstFrame(ReadOnlySpan<byte> file)
    {
        var chunks = file[12..];
        if (!chunks.StartsWith("VP8X"u8) || chunks.Length < 18 || (chunks[8] & 0x02) == 0) return null;
        while (TryChunk(chunks, out var data, out var rest))
        {
            if (chunks.StartsWith("ANMF"u8))
            {
                if (data.Length < FrameHeader) break;
                return (Wrap(data[6..12], data[FrameHeader..]), 2 * UInt24(data), 2 * UInt24(data[3..]));
            }
            chunks = rest;
        }
        throw WebpDecoder.Damaged("an animation without a frame");
    }

    // with a separate alpha chunk the still file needs the extended header, which repeats the size of the frame
    private static byte[] Wrap(ReadOnlySpan<byte> size, ReadOnlySpan<byte> chunks)
    {
        byte[] extended = chunks.StartsWith("ALPH"u8) ? [.. "VP8X"u8, 10, 0, 0, 0, 0x10, 0, 0, 0, .. size] : [];
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, 4 + extended.Length + chunks.Length);
        return [.. "RIFF"u8, .. length, .. "WEBP"u8, .. extended, .. chunks];
    }

    private static bool TryChunk(ReadOnlySpan<byte> chunks, out ReadOnlySpan<byte> data, out ReadOnlySpan<byte> rest)
    {
        data = rest = default;
        if (chunks.Length < 8) return false;
        long length = BinaryPrimitives.ReadUInt32LittleEndian(chunks[4..]);
        if (length > chunks.Length - 8) return false;
        data = chunks.Slice(8, (int)length);
        rest = chunks[(int)Math.Min(chunks.Length, 8 + length + (length & 1))..];
        return true;
    }

    private static int UInt24(ReadOnlySpan<byte> data) => data[0] | (data[1] << 8) | (data[2] << 16);
}
