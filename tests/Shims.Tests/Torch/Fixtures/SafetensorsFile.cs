using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace Shims.Tests.Torch.Fixtures;

/// <summary>A fixture that tests/fixtures/torch/make_fixtures.py wrote with PyTorch.</summary>
internal sealed class SafetensorsFile
{
    private readonly Dictionary<string, StoredTensor> tensors = [];
    private readonly Dictionary<string, string> metadata = [];

    private SafetensorsFile(byte[] file)
    {
        var start = 8 + checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file));
        using var header = JsonDocument.Parse(file.AsMemory(8, start - 8));
        foreach (var entry in header.RootElement.EnumerateObject())
        {
            if (entry.NameEquals("__metadata__"))
            {
                foreach (var note in entry.Value.EnumerateObject()) metadata[note.Name] = note.Value.GetString()!;
                continue;
            }

            var shape = entry.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()).ToArray();
            var offsets = entry.Value.GetProperty("data_offsets");
            var begin = offsets[0].GetInt32();
            tensors[entry.Name] = new StoredTensor(
                TypeOf(entry.Value.GetProperty("dtype").GetString()!), shape, file.AsMemory(start + begin, offsets[1].GetInt32() - begin));
        }
    }

    public StoredTensor this[string name] => tensors[name];

    public bool Contains(string name) => tensors.ContainsKey(name);

    public T Note<T>(string key) => JsonSerializer.Deserialize<T>(metadata[key], JsonSerializerOptions.Web)!;

    public static SafetensorsFile Open(string name) =>
        new(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fixtures", "torch", name + ".safetensors")));

    private static ScalarType TypeOf(string dtype) => dtype switch
    {
        "BOOL" => ScalarType.Bool,
        "U8" => ScalarType.Byte,
        "I8" => ScalarType.Int8,
        "I16" => ScalarType.Int16,
        "I32" => ScalarType.Int32,
        "I64" => ScalarType.Int64,
        "F16" => ScalarType.Float16,
        "BF16" => ScalarType.BFloat16,
        "F32" => ScalarType.Float32,
        "F64" => ScalarType.Float64,
        _ => throw new NotSupportedException(dtype),
    };
}
