using System.Buffers.Binary;

namespace Diffusion.Imaging;

/// <summary>
/// Makes an animated PNG of PNG files of one size and colour type (PNG specification, third edition, 11.3.6): the first
/// one's chunks as they are, the compressed data of the others in fdAT chunks. Sequence numbers run over fcTL and fdAT.
/// </summary>
internal sealed class ApngWriter(int frames) : IDisposable
{
    private const int ChunkOverhead = 12, MillisecondsOfSecond = 1000;
    private static readonly uint[] CrcTable = MakeCrcTable();
    private readonly MemoryStream file = new();
    private int sequence;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Adds a frame.</summary>
    /// <param name="png">A whole PNG file.</param>
    /// <param name="width">Its width.</param>
    /// <param name="height">Its height.</param>
    /// <param name="milliseconds">How long it stays.</param>
    public void Add(ReadOnlySpan<byte> png, int width, int height, ushort milliseconds)
    {
        var isFirst = sequence == 0;
        if (isFirst) file.Write(Signature);
        var hasControl = false;
        for (var at = Signature.Length; at < png.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(png[at..]);
            var type = png.Slice(at + 4, 4);
            var data = png.Slice(at + 8, length);
            if (type.SequenceEqual("IDAT"u8))
            {
                if (!hasControl) Control(width, height, milliseconds);
                hasControl = true;
                if (isFirst) Chunk("IDAT"u8, data);
                else Chunk("fdAT"u8, [.. Number(sequence++), .. data]);
            }
            else if (isFirst && !type.SequenceEqual("IEND"u8))
            {
                Chunk(type, data);
                if (type.SequenceEqual("IHDR"u8)) Chunk("acTL"u8, [.. Number(frames), .. Number(0)]); // 0: for ever
            }
            at += length + ChunkOverhead;
        }
    }

    /// <summary>The whole file.</summary>
    public byte[] ToFile()
    {
        Chunk("IEND"u8, []);
        return file.ToArray();
    }

    public void Dispose() => file.Dispose();

    // the whole canvas each time, laid over what was there
    private void Control(int width, int height, ushort milliseconds)
    {
        Span<byte> control = stackalloc byte[26];
        BinaryPrimitives.WriteInt32BigEndian(control, sequence++);
        BinaryPrimitives.WriteInt32BigEndian(control[4..], width);
        BinaryPrimitives.WriteInt32BigEndian(control[8..], height);
        control[12..20].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(control[20..], milliseconds);
        BinaryPrimitives.WriteUInt16BigEndian(control[22..], MillisecondsOfSecond);
        control[24..].Clear();
        Chunk("fcTL"u8, control);
    }

    private void Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        file.Write(Number(data.Length));
        file.Write(type);
        file.Write(data);
        file.Write(Number((int)~Update(Update(uint.MaxValue, type), data)));
    }

    private static byte[] Number(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static uint Update(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (var value in data) crc = CrcTable[(byte)(crc ^ value)] ^ (crc >> 8);
        return crc;
    }

    // polynomial 0xEDB88320, reflected (annex D)
    private static uint[] MakeCrcTable()
    {
        var table = new uint[256];
        for (uint n = 0; n < table.Length; n++)
        {
            var c = n;
            for (var bit = 0; bit < 8; bit++) c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            table[n] = c;
        }
        return table;
    }
}
