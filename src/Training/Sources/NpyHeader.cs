using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Diffusion.Training.Sources;

/// <summary>The header of a NumPy array file (format 1 to 3): element type and shape. Arrays of bytes and of integers in C order are read.</summary>
/// <param name="Type">Element type as NumPy writes it, such as <c>|u1</c> or <c>&lt;i8</c>.</param>
/// <param name="Shape">Sizes of the dimensions.</param>
internal sealed partial record NpyHeader(string Type, IReadOnlyList<int> Shape)
{
    private const int MaxLength = 1 << 16;
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Bytes of one element.</summary>
    public int ElementBytes => Type[2] - '0';

    /// <summary>Elements in all.</summary>
    public long Elements => Shape.Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>Bytes of header and elements.</summary>
    public long FileBytes { get; private init; }

    /// <summary>Reads up to the first element.</summary>
    /// <exception cref="InvalidDataException">No such file, or one of another type or order.</exception>
    public static NpyHeader Read(Stream stream)
    {
        Span<byte> start = stackalloc byte[12];
        if (stream.ReadAtLeast(start[..8], 8, throwOnEndOfStream: false) < 8 || !start[..6].SequenceEqual(Magic)) throw new InvalidDataException("is no NumPy array.");
        var lengthBytes = start[6] == 1 ? 2 : 4;
        stream.ReadExactly(start.Slice(8, lengthBytes));
        var length = lengthBytes == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (length > MaxLength) throw new InvalidDataException($"has a header of {length} bytes.");
        var text = new byte[length];
        stream.ReadExactly(text);
        var match = Pattern().Match(Encoding.Latin1.GetString(text));
        if (!match.Success) throw new InvalidDataException("is of an element type or order that is not read: bytes and integers in C order are.");
        var sizes = match.Groups["shape"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var shape = new int[sizes.Length];
        for (var i = 0; i < sizes.Length; i++)
            if (!int.TryParse(sizes[i], NumberStyles.None, CultureInfo.InvariantCulture, out shape[i])) throw new InvalidDataException($"has a dimension of {sizes[i]}.");
        var header = new NpyHeader(match.Groups["type"].Value, shape);
        try
        {
            return header with { FileBytes = checked(8 + lengthBytes + length + header.Elements * header.ElementBytes) };
        }
        catch (OverflowException)
        {
            throw new InvalidDataException($"has {string.Join('x', shape)} elements.");
        }
    }

    /// <summary>One element of bytes as a number.</summary>
    public long Number(ReadOnlySpan<byte> element) => (Type[1], ElementBytes) switch
    {
        (_, 1) => Type[1] == 'i' ? (sbyte)element[0] : element[0],
        ('i', 2) => BinaryPrimitives.ReadInt16LittleEndian(element),
        ('u', 2) => BinaryPrimitives.ReadUInt16LittleEndian(element),
        ('i', 4) => BinaryPrimitives.ReadInt32LittleEndian(element),
        ('u', 4) => BinaryPrimitives.ReadUInt32LittleEndian(element),
        _ => BinaryPrimitives.ReadInt64LittleEndian(element),
    };

    [GeneratedRegex(@"^\{\s*'descr':\s*'(?<type>[|<][iu][1248])',\s*'fortran_order':\s*False,\s*'shape':\s*\((?<shape>[0-9, ]*)\),?\s*\}", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
