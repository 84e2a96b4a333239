using System.Buffers.Binary;

namespace SixLabors.ImageSharp.Formats.Gif;

/// <summary>Bytes of a GIF file, checked against its end.</summary>
internal static class GifReader
{
    public static InvalidImageContentException Damaged(string why) => new($"GIF: {why}.");

    public static int Byte(ReadOnlySpan<byte> file, int position) => Bytes(file, position, 1)[0];

    public static int UInt16(ReadOnlySpan<byte> file, int position) => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(file, position, 2));

    public static ReadOnlySpan<byte> Bytes(ReadOnlySpan<byte> file, int position, int count)
        => file.Length - position >= count ? file.Slice(position, count) : throw Damaged("it ends too early");

    public static int SkipBlocks(ReadOnlySpan<byte> file, int position)
    {
        while (Byte(file, position) is > 0 and var length) position += length + 1;
        return position + 1;
    }
}
