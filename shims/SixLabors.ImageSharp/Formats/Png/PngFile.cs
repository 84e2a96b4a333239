using System.Buffers.Binary;

namespace SixLabors.ImageSharp.Formats.Png;

/// <summary>The chunks of a PNG file that decide its pixels, checked against the specification.</summary>
internal sealed class PngFile
{
    private PngFile(int width, int height, int bitDepth, int colorType, bool interlaced)
    {
        Width = width;
        Height = height;
        BitDepth = bitDepth;
        ColorType = colorType;
        Interlaced = interlaced;
    }

    public int Width { get; }

    public int Height { get; }

    public int BitDepth { get; }

    public int ColorType { get; }

    public bool Interlaced { get; }

    /// <summary>RGB triples, for colour type 3.</summary>
    public byte[] Palette { get; private set; } = [];

    /// <summary>The tRNS chunk: alpha of palette entries, or the one transparent colour in 16-bit samples.</summary>
    public byte[]? Transparency { get; private set; }

    /// <summary>Where the pieces of the compressed data lie in the file.</summary>
    public List<Range> Data { get; } = [];

    public long DataLength { get; private set; }

    /// <summary>Samples of one pixel in the file; a palette index counts as one.</summary>
    public int Samples => ColorType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };

    public static PngFile ReadHeader(ReadOnlySpan<byte> file)
    {
        var (type, data, _) = Chunk(file, PngChunk.Signature.Length);
        if (!file[type].SequenceEqual(PngChunk.Header) || data.GetOffsetAndLength(file.Length).Length != 13) throw Damaged("it does not begin with a header chunk");
        CheckCrc(file, type, data);
        var header = file[data];
        uint width = BinaryPrimitives.ReadUInt32BigEndian(header), height = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        int depth = header[8], colour = header[9];
        bool allowed = colour switch
        {
            0 => depth is 1 or 2 or 4 or 8 or 16,
            3 => depth is 1 or 2 or 4 or 8,
            2 or 4 or 6 => depth is 8 or 16,
            _ => false,
        };
        if (!allowed) throw Damaged($"colour type {colour} with {depth} bits");
        if (header[10] != 0 || header[11] != 0 || header[12] > 1) throw Damaged("unknown compression, filter or interlace method");
        if (width is 0 or > int.MaxValue || height is 0 or > int.MaxValue) throw Damaged($"an image of {width} x {height} pixels");
        return new PngFile((int)width, (int)height, depth, colour, header[12] == 1);
    }

    public static PngFile Read(ReadOnlySpan<byte> file)
    {
        var png = ReadHeader(file);
        int position = PngChunk.Signature.Length + 25;
        while (true)
        {
            var (type, data, next) = Chunk(file, position);
            var name = file[type];
            bool ancillary = (name[0] & 0x20) != 0;
            bool dataEnded = png.Data.Count > 0 && position != png.Data[^1].End.Value + 4;
            if (!ancillary || name.SequenceEqual(PngChunk.Transparency)) CheckCrc(file, type, data);

            if (name.SequenceEqual(PngChunk.End)) break;
            else if (name.SequenceEqual(PngChunk.Data))
            {
                if (dataEnded) throw Damaged("its data chunks do not follow each other");
                png.Data.Add(data);
                png.DataLength += data.End.Value - data.Start.Value;
            }
            else if (name.SequenceEqual(PngChunk.Palette)) png.Palette = file[data].ToArray();
            else if (name.SequenceEqual(PngChunk.Transparency)) png.Transparency = file[data].ToArray();
            else if (!ancillary) throw Damaged("an unknown critical chunk");
            position = next;
        }
        png.Check();
        return png;
    }

    public static InvalidImageContentException Damaged(string why) => new($"PNG: {why}.");

    private void Check()
    {
        if (Data.Count == 0) throw Damaged("no data chunk");
        if (ColorType == 3 && (Palette.Length is 0 or > 768 || Palette.Length % 3 != 0)) throw Damaged($"a palette of {Palette.Length} bytes");
        bool fits = Transparency is null || ColorType switch
        {
            0 => Transparency.Length == 2,
            2 => Transparency.Length == 6,
            3 => Transparency.Length <= Palette.Length / 3,
            _ => false,
        };
        if (!fits) throw Damaged("a transparency chunk that does not fit the colour type");
    }

    private static (Range Type, Range Data, int Next) Chunk(ReadOnlySpan<byte> file, int position)
    {
        if (file.Length - position < 12) throw Damaged("it ends before its end chunk");
        uint length = BinaryPrimitives.ReadUInt32BigEndian(file[position..]);
        if (length > file.Length - position - 12) throw Damaged("a chunk reaches beyond the end of the file");
        int start = position + 8, end = start + (int)length;
        return ((position + 4)..start, start..end, end + 4);
    }

    private static void CheckCrc(ReadOnlySpan<byte> file, Range type, Range data)
    {
        uint stored = BinaryPrimitives.ReadUInt32BigEndian(file[data.End.Value..]);
        if (Crc32.Of(file[type], file[data]) != stored) throw Damaged("the CRC of a chunk does not match");
    }
}
