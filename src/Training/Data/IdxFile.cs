using System.Buffers.Binary;

namespace Diffusion.Training.Data;

/// <summary>The IDX files of LeCun, Cortes and Burges: a big-endian header, then unsigned bytes.</summary>
internal static class IdxFile
{
    private const int ImageMagic = 0x803, LabelMagic = 0x801;

    /// <summary>Images of rows x columns bytes, one after the other.</summary>
    /// <exception cref="DamagedDataException">Wrong magic number, or not the length that the header says.</exception>
    public static (byte[] Pixels, int Count, int Rows, int Columns) ReadImages(string path)
    {
        var (bytes, sizes) = Read(path, ImageMagic, dimensions: 3);
        return (bytes, sizes[0], sizes[1], sizes[2]);
    }

    /// <summary>One label a byte.</summary>
    /// <inheritdoc cref="ReadImages"/>
    public static byte[] ReadLabels(string path) => Read(path, LabelMagic, dimensions: 1).Bytes;

    private static (byte[] Bytes, int[] Sizes) Read(string path, int magic, int dimensions)
    {
        if (!File.Exists(path)) throw new DamagedDataException(path, "the file is missing.");
        var file = File.ReadAllBytes(path);
        var header = 4 + 4 * dimensions;
        if (file.Length < header) throw new DamagedDataException(path, $"truncated: {file.Length} bytes, the header alone takes {header}.");
        var found = BinaryPrimitives.ReadInt32BigEndian(file);
        if (found != magic) throw new DamagedDataException(path, $"not an IDX file of this kind: magic number 0x{found:X8}, expected 0x{magic:X8}.");
        var sizes = new int[dimensions];
        long expected = 1;
        for (var i = 0; i < dimensions; i++)
        {
            sizes[i] = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(4 + 4 * i));
            if (sizes[i] <= 0 || sizes[i] > 1 << 24) throw new DamagedDataException(path, $"dimension {i} is {sizes[i]}.");
            expected = checked(expected * sizes[i]);
        }
        if (file.Length - header != expected)
            throw new DamagedDataException(path, $"truncated or too long: {file.Length - header} bytes of data, the header says {expected}.");
        return (file[header..], sizes);
    }
}
