using System.Buffers.Binary;
using System.IO.Compression;

namespace Shims.Tests.Imaging;

/// <summary>Takes PNG files apart and puts them together again, with right checksums around wrong contents.</summary>
internal static class PngParts
{
    private static readonly byte[] Signature = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    public static byte[] Header(int width, int height, byte bitDepth, byte colorType)
    {
        var data = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(data, width);
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(4), height);
        (data[8], data[9]) = (bitDepth, colorType);
        return Chunk("IHDR", data);
    }

    public static byte[] Chunk(string type, ReadOnlySpan<byte> data)
    {
        var chunk = new byte[data.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        System.Text.Encoding.ASCII.GetBytes(type, chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(8));
        WriteCrc(chunk, 0, data.Length);
        return chunk;
    }

    public static byte[] File(params byte[][] chunks) => [.. Signature, .. chunks.SelectMany(chunk => chunk), .. Chunk("IEND", [])];

    /// <summary>Compresses zeros without holding them.</summary>
    public static byte[] Zeros(long count)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            for (var block = new byte[1 << 16]; count > 0; count -= block.Length) zlib.Write(block.AsSpan(0, (int)Math.Min(count, block.Length)));
        }
        return packed.ToArray();
    }

    /// <summary>Makes every checksum right again, as far as the chunks can still be found.</summary>
    public static void RepairChecksums(byte[] file)
    {
        for (int position = 8; position + 12 <= file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(position));
            if (length < 0 || length > file.Length - position - 12) return;
            WriteCrc(file, position, length);
            position += length + 12;
        }
    }

    public static uint Crc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }

    private static void WriteCrc(byte[] file, int position, int length)
        => BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(position + 8 + length), Crc(file.AsSpan(position + 4, length + 4)));
}
