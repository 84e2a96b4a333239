using System.Buffers.Binary;

namespace SixLabors.ImageSharp.Formats.Png;

/// <summary>The chunks of a PNG file: length, type, data, CRC of type and data.</summary>
internal static class PngChunk
{
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static ReadOnlySpan<byte> Header => "IHDR"u8;

    public static ReadOnlySpan<byte> Palette => "PLTE"u8;

    public static ReadOnlySpan<byte> Transparency => "tRNS"u8;

    public static ReadOnlySpan<byte> Data => "IDAT"u8;

    public static ReadOnlySpan<byte> End => "IEND"u8;

    public static void Write(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        stream.Write(number);
        stream.Write(type);
        stream.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(type, data));
        stream.Write(number);
    }
}
