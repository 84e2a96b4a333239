using System.Buffers.Binary;

namespace Diffusion.Imaging;

/// <summary>Whether a file says that it has several frames. Read from its header, for decoders differ in what they make of the frames.</summary>
internal static class AnimationFlag
{
    private const int PngSignature = 8, WebpFlags = 20;
    private const byte WebpAnimation = 0x02;

    private static ReadOnlySpan<byte> Png => [0x89, (byte)'P', (byte)'N', (byte)'G'];

    /// <summary>An <c>acTL</c> chunk before the data of a PNG, or the animation bit of an extended WebP.</summary>
    public static bool IsSet(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith("RIFF"u8)) return file.Length > WebpFlags && file[12..16].SequenceEqual("VP8X"u8) && (file[WebpFlags] & WebpAnimation) != 0;
        return file.StartsWith(Png) && HasControlChunk(file);
    }

    private static bool HasControlChunk(ReadOnlySpan<byte> png)
    {
        // a chunk is its length, its name, its data and a checksum
        for (long at = PngSignature; at + 8 <= png.Length;)
        {
            var chunk = png[(int)at..];
            var name = chunk.Slice(4, 4);
            if (name.SequenceEqual("IDAT"u8)) return false;
            if (name.SequenceEqual("acTL"u8)) return true;
            at += 12L + BinaryPrimitives.ReadUInt32BigEndian(chunk);
        }
        return false;
    }
}
