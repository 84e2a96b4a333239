namespace Diffusion.Checkpoints;

/// <summary>A tensor to be written: its name and its elements as row-major little-endian bytes.</summary>
/// <param name="Name">The parameter name; unique in a file, not empty, not <c>__metadata__</c>.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Sizes, each at least 0; empty for a scalar.</param>
/// <param name="Data">Exactly as many bytes as the shape asks for.</param>
public sealed record SafeTensor(string Name, DType Type, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Data);

/// <summary>A tensor of an open file.</summary>
/// <param name="Name">The parameter name.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Sizes; empty for a scalar.</param>
/// <param name="Offset">First byte, counted from the end of the header.</param>
/// <param name="Bytes">Length in bytes.</param>
public sealed record SafeTensorEntry(string Name, DType Type, IReadOnlyList<long> Shape, long Offset, long Bytes);
