using System.Text.Json;
using System.Text.Unicode;

namespace Diffusion.Checkpoints;

/// <summary>Parses and checks a safetensors header. Nothing it says is believed before the whole is consistent.</summary>
internal sealed class SafeTensorHeader
{
    private readonly Dictionary<string, SafeTensorEntry> tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);

    /// <param name="header">The JSON text, padding included.</param>
    /// <param name="dataBytes">Bytes of the file after the header.</param>
    /// <exception cref="SafeTensorsException">Anything that the format forbids.</exception>
    public SafeTensorHeader(ReadOnlyMemory<byte> header, long dataBytes)
    {
        if (header.Length == 0 || header.Span[0] != (byte)'{') throw new SafeTensorsException("The header does not start with '{'.");
        if (!Utf8.IsValid(header.Span)) throw new SafeTensorsException("The header is not UTF-8.");
        try
        {
            using var json = JsonDocument.Parse(header, new JsonDocumentOptions { MaxDepth = 3 });
            foreach (var member in json.RootElement.EnumerateObject())
                if (member.NameEquals(SafeTensors.MetadataKey)) ReadMetadata(member.Value);
                else ReadTensor(member.Name, member.Value, dataBytes);
        }
        // an escaped lone surrogate passes the parser and fails when the text is made
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            throw new SafeTensorsException($"The header is not valid JSON: {broken.Message}", inner: broken);
        }
        CheckLayout(dataBytes);
    }

    public IReadOnlyDictionary<string, SafeTensorEntry> Tensors => tensors;

    public IReadOnlyDictionary<string, string> Metadata => metadata;

    private void ReadMetadata(JsonElement value)
    {
        if (metadata.Count > 0) throw new SafeTensorsException("The header has its metadata twice.");
        if (value.ValueKind != JsonValueKind.Object) throw new SafeTensorsException("The metadata is not an object.");
        foreach (var entry in value.EnumerateObject())
            if (entry.Value.ValueKind != JsonValueKind.String || !metadata.TryAdd(entry.Name, entry.Value.GetString()!))
                throw new SafeTensorsException($"Metadata '{entry.Name}' is not text, or stands there twice.");
    }

    private void ReadTensor(string name, JsonElement value, long dataBytes)
    {
        if (value.ValueKind != JsonValueKind.Object) throw Bad(name, "is not described by an object");
        JsonElement? type = null, shape = null, offsets = null;
        foreach (var field in value.EnumerateObject())
        {
            ref var slot = ref type;
            if (field.NameEquals("dtype")) slot = ref type;
            else if (field.NameEquals("shape")) slot = ref shape;
            else if (field.NameEquals("data_offsets")) slot = ref offsets;
            else throw Bad(name, $"has an unknown field '{field.Name}'");
            if (slot is not null) throw Bad(name, $"has '{field.Name}' twice");
            slot = field.Value;
        }
        if (type?.ValueKind != JsonValueKind.String || type.Value.GetString() is not { } word || !Enum.TryParse<DType>(word, out var dtype) || dtype.ToString() != word)
            throw Bad(name, $"has no known dtype ({type?.ToString() ?? "none"})");
        var sizes = Numbers(name, "shape", shape);
        if (Numbers(name, "data_offsets", offsets) is not [var begin, var end]) throw Bad(name, "needs two data_offsets");
        if (begin > end || end > dataBytes) throw Bad(name, $"lies at {begin}..{end}, outside of the {dataBytes} bytes of data");
        var length = SafeTensors.LengthOf(name, dtype, sizes);
        if (length != end - begin) throw Bad(name, $"has {end - begin} bytes; {dtype} [{string.Join(", ", sizes)}] needs {length}");
        if (!tensors.TryAdd(name, new SafeTensorEntry(name, dtype, sizes, begin, length))) throw Bad(name, "stands there twice");
    }

    private static long[] Numbers(string name, string field, JsonElement? value)
    {
        if (value?.ValueKind != JsonValueKind.Array) throw Bad(name, $"has no {field}");
        var numbers = new long[value.Value.GetArrayLength()];
        var i = 0;
        foreach (var item in value.Value.EnumerateArray())
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out numbers[i++]) || numbers[i - 1] < 0)
                throw Bad(name, $"has a {field} that is not made of whole numbers from 0");
        return numbers;
    }

    private void CheckLayout(long dataBytes)
    {
        long reached = 0;
        foreach (var tensor in tensors.Values.OrderBy(t => t.Offset).ThenBy(t => t.Bytes))
        {
            if (tensor.Offset != reached) throw Bad(tensor.Name, tensor.Offset < reached ? "overlaps another" : $"leaves a hole before byte {tensor.Offset}");
            reached = tensor.Offset + tensor.Bytes;
        }
        if (reached != dataBytes) throw new SafeTensorsException($"The file has {dataBytes - reached} bytes that belong to no tensor.");
    }

    private static SafeTensorsException Bad(string name, string what) => new($"Tensor '{name}' {what}.", name);
}
