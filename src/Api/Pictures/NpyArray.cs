using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Diffusion.Api.Pictures;

/// <summary>An array as numpy's own file format, version 1.0: magic, header length, a Python dictionary padded to 64 bytes, the values in C order.</summary>
/// <param name="Type">numpy's name of the type, such as <c>&lt;f4</c>.</param>
/// <param name="Shape">Empty for a single value.</param>
/// <param name="Bytes">Little-endian.</param>
internal sealed record NpyArray(string Type, IReadOnlyList<int> Shape, byte[] Bytes)
{
    private const int Alignment = 64;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];

    public static NpyArray Of(float[] values, params int[] shape) => new("<f4", shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    public static NpyArray Of(byte[] values, params int[] shape) => new("|u1", shape, values);

    public static NpyArray Of(int[] values) => new("<i4", [values.Length], MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    public static NpyArray Of(ulong value)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return new NpyArray("<u8", [], bytes);
    }

    public void Write(Stream stream)
    {
        // one value is written (3,), none ()
        var sizes = string.Concat(Shape.Select((s, i) => string.Create(CultureInfo.InvariantCulture, $"{(i > 0 ? " " : "")}{s}{(i < Shape.Count - 1 || i == 0 ? "," : "")}")));
        var dictionary = $"{{'descr': '{Type}', 'fortran_order': False, 'shape': ({sizes}), }}";
        var unpadded = Magic.Length + sizeof(ushort) + dictionary.Length + 1;
        var header = dictionary + new string(' ', (Alignment - unpadded % Alignment) % Alignment) + "\n";
        stream.Write(Magic);
        Span<byte> length = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)header.Length);
        stream.Write(length);
        stream.Write(Encoding.ASCII.GetBytes(header));
        stream.Write(Bytes);
    }
}
