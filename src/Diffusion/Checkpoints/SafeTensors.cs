using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace Diffusion.Checkpoints;

/// <summary>
/// Writes the safetensors format: 8 bytes of header length, a JSON header padded with spaces to a multiple of 8, and
/// the bytes of all tensors without a hole.
/// </summary>
public static class SafeTensors
{
    internal const string MetadataKey = "__metadata__";

    /// <summary>The longest header that is written or read, in bytes. The format allows 100 MB.</summary>
    public const int MaximumHeader = 16 << 20;

    /// <summary>Writes a file and flushes it to the disk; an existing one is replaced.</summary>
    /// <inheritdoc cref="Write(Stream, IReadOnlyList{SafeTensor}, IReadOnlyDictionary{string, string})"/>
    public static void Write(string path, IReadOnlyList<SafeTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);
        Write(file, tensors, metadata);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Writes the tensors: widest elements first, so that all are aligned, then by name; the same set gives the same bytes.</summary>
    /// <param name="destination">Written from its current position.</param>
    /// <param name="tensors">The tensors.</param>
    /// <param name="metadata">Free text by key, or null.</param>
    /// <exception cref="SafeTensorsException">A name twice, or a length that the shape does not give.</exception>
    public static void Write(Stream destination, IReadOnlyList<SafeTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var ordered = tensors.OrderByDescending(t => t.Type.Bytes()).ThenBy(t => t.Name, StringComparer.Ordinal).ToArray();
        foreach (var tensor in ordered)
            if (LengthOf(tensor.Name, tensor.Type, tensor.Shape) is var expected && tensor.Data.Length != expected)
                throw new SafeTensorsException($"Tensor '{tensor.Name}' has {tensor.Data.Length} bytes; its shape needs {expected}.", tensor.Name);
        destination.Write(Start(ordered.Select(t => new SafeTensorEntry(t.Name, t.Type, t.Shape, 0, t.Data.Length)), metadata));
        foreach (var tensor in ordered) destination.Write(tensor.Data.Span);
    }

    /// <summary>The bytes a tensor of this type and shape has.</summary>
    internal static long LengthOf(string name, DType type, IReadOnlyList<long> shape)
    {
        Int128 bytes = type.Bytes();
        foreach (var size in shape)
        {
            if (size < 0) throw new SafeTensorsException($"Tensor '{name}' has a negative size {size}.", name);
            bytes *= size;
            if (bytes > long.MaxValue) throw new SafeTensorsException($"Tensor '{name}' has a shape too large to address: [{string.Join(", ", shape)}].", name);
        }
        return (long)bytes;
    }

    /// <summary>What stands before the elements in the file of these tensors: the length of the header, and the header.</summary>
    /// <param name="tensors">In any order; where they lie is decided here.</param>
    /// <param name="metadata">Free text by key, or null.</param>
    /// <exception cref="SafeTensorsException">A name twice or reserved, or a header longer than is allowed.</exception>
    internal static byte[] Start(IEnumerable<SafeTensorEntry> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var header = Header(tensors.OrderByDescending(t => t.Type.Bytes()).ThenBy(t => t.Name, StringComparer.Ordinal), metadata);
        var start = new byte[8 + header.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(start, (ulong)header.Length);
        header.CopyTo(start.AsSpan(8));
        return start;
    }

    private static byte[] Header(IEnumerable<SafeTensorEntry> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(MetadataKey);
                foreach (var (key, value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) json.WriteString(key, value);
                json.WriteEndObject();
            }
            long offset = 0;
            foreach (var tensor in tensors)
            {
                if (tensor.Name is "" or MetadataKey || !names.Add(tensor.Name))
                    throw new SafeTensorsException($"Tensor name '{tensor.Name}' is reserved or used twice.", tensor.Name);
                WriteEntry(json, tensor, offset);
                offset += tensor.Bytes;
            }
            json.WriteEndObject();
        }
        // readers may map the file: the first tensor must stand on a multiple of 8
        while (buffer.WrittenCount % 8 != 0) buffer.Write(" "u8);
        if (buffer.WrittenCount > MaximumHeader) throw new SafeTensorsException($"The header would have {buffer.WrittenCount} bytes; the limit is {MaximumHeader}.");
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteEntry(Utf8JsonWriter json, SafeTensorEntry tensor, long offset)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Type.ToString());
        json.WriteStartArray("shape");
        foreach (var size in tensor.Shape) json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(offset + tensor.Bytes);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
