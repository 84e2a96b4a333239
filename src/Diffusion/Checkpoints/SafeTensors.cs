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
        var header = Header(ordered, metadata);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        destination.Write(length);
        destination.Write(header);
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

    private static byte[] Header(SafeTensor[] tensors, IReadOnlyDictionary<string, string>? metadata)
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
                var expected = LengthOf(tensor.Name, tensor.Type, tensor.Shape);
                if (tensor.Data.Length != expected)
                    throw new SafeTensorsException($"Tensor '{tensor.Name}' has {tensor.Data.Length} bytes; its shape needs {expected}.", tensor.Name);
                WriteEntry(json, tensor, offset);
                offset += expected;
            }
            json.WriteEndObject();
        }
        // readers may map the file: the first tensor must stand on a multiple of 8
        while (buffer.WrittenCount % 8 != 0) buffer.Write(" "u8);
        if (buffer.WrittenCount > MaximumHeader) throw new SafeTensorsException($"The header would have {buffer.WrittenCount} bytes; the limit is {MaximumHeader}.");
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteEntry(Utf8JsonWriter json, SafeTensor tensor, long offset)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Type.ToString());
        json.WriteStartArray("shape");
        foreach (var size in tensor.Shape) json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(offset + tensor.Data.Length);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
