using System.Buffers.Binary;
using static TorchSharp.torch;

namespace Shims.Tests.Torch.Fixtures;

/// <summary>One entry of a safetensors file: its values are decoded here, so that a comparison never asks the library under test.</summary>
internal sealed record StoredTensor(ScalarType Type, long[] Shape, ReadOnlyMemory<byte> Bytes)
{
    public double[] Values => Decode(Type, Bytes.Span);

    public Tensor ToTensor()
    {
        var tensor = empty(Shape, dtype: Type);
        if (Bytes.Length > 0) Bytes.Span.CopyTo(tensor.bytes);
        return tensor;
    }

    /// <summary>The values of any real tensor in logical order.</summary>
    public static double[] ValuesOf(Tensor tensor)
    {
        if (tensor.numel() == 0) return [];
        using var plain = tensor.detach();
        using var contiguous = plain.contiguous();
        return Decode(tensor.dtype, contiguous.bytes);
    }

    private static double[] Decode(ScalarType type, ReadOnlySpan<byte> bytes)
    {
        var width = Width(type);
        var values = new double[bytes.Length / width];
        for (var i = 0; i < values.Length; i++) values[i] = One(type, bytes.Slice(i * width, width));
        return values;
    }

    private static int Width(ScalarType type) => type switch
    {
        ScalarType.Bool or ScalarType.Byte or ScalarType.Int8 => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        ScalarType.Int64 or ScalarType.Float64 => 8,
        _ => throw new NotSupportedException($"{type} has no place in a fixture"),
    };

    private static double One(ScalarType type, ReadOnlySpan<byte> bytes) => type switch
    {
        ScalarType.Bool or ScalarType.Byte => bytes[0],
        ScalarType.Int8 => (sbyte)bytes[0],
        ScalarType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        ScalarType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        ScalarType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        ScalarType.Float16 => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        ScalarType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
        ScalarType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        _ => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
    };
}
