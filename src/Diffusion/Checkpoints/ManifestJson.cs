using System.Text.Json;
using System.Text.Json.Serialization;

namespace Diffusion.Checkpoints;

/// <summary><c>manifest.json</c> and <c>aliases.json</c> as text.</summary>
internal static class ManifestJson
{
    private const int KnownFormat = 1, MaximumBytes = 4 << 20;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        MaxDepth = 16,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static byte[] Write<T>(T value) => [.. JsonSerializer.SerializeToUtf8Bytes(value, Options), (byte)'\n'];

    /// <exception cref="CheckpointException">Missing, too long, not such a document, or of a later format.</exception>
    public static T Read<T>(string path)
    {
        var name = Path.GetFileName(path);
        try
        {
            var length = new FileInfo(path).Length;
            if (length > MaximumBytes) throw new CheckpointException($"'{path}' has {length} bytes; the limit is {MaximumBytes}.", name);
            var bytes = File.ReadAllBytes(path);
            // the format comes first: a later one may have other members, and must not be blamed on damage
            var format = JsonSerializer.Deserialize<FormatOnly>(bytes, Options)?.Format;
            if (format is null or < 1) throw new CheckpointException($"'{path}' names no format.", name);
            if (format > KnownFormat) throw new CheckpointException($"'{path}' has format {format}; this build knows up to {KnownFormat}.", name);
            return JsonSerializer.Deserialize<T>(bytes, Options) ?? throw new CheckpointException($"'{path}' is empty.", name);
        }
        catch (JsonException damage)
        {
            throw new CheckpointException($"'{path}' cannot be read: {damage.Message}", name, damage);
        }
        catch (FileNotFoundException missing)
        {
            throw new CheckpointException($"'{path}' does not exist.", name, missing);
        }
    }

    private sealed record FormatOnly
    {
        public int? Format { get; init; }
    }
}
