using System.Text.Json;
using System.Text.Json.Serialization;

namespace Diffusion.Checkpoints;

/// <summary><c>manifest.json</c> and <c>aliases.json</c> as text, sealed since format 2.</summary>
internal static class ManifestJson
{
    /// <summary>The format that is written.</summary>
    public const int Format = 2;

    /// <summary>The longest document that is read, in bytes.</summary>
    public const int MaximumBytes = 4 << 20;

    private const int FirstSealedFormat = 2;

    /// <summary>How the members are written.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        MaxDepth = 16,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static byte[] Write<T>(T value) => Seal.Document.Close(JsonSerializer.SerializeToUtf8Bytes(value, Options));

    /// <exception cref="CheckpointException">Missing, too long, not such a document, or of a later format.</exception>
    public static T Read<T>(string path)
    {
        var name = Path.GetFileName(path);
        try
        {
            var length = new FileInfo(path).Length;
            if (length > MaximumBytes) throw new CheckpointException($"'{path}' has {length} bytes; the limit is {MaximumBytes}.", name);
            return Parse<T>(File.ReadAllBytes(path), path);
        }
        catch (FileNotFoundException missing)
        {
            throw new CheckpointException($"'{path}' does not exist.", name, missing);
        }
        catch (Exception unreadable) when (unreadable is UnauthorizedAccessException or IOException and not CheckpointException)
        {
            throw new CheckpointException($"'{path}' cannot be read: {unreadable.Message}", name, unreadable);
        }
    }

    /// <param name="bytes">The whole document.</param>
    /// <param name="place">Where it is from, for messages.</param>
    /// <exception cref="CheckpointException">Not such a document, or of a later format.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> bytes, string place)
    {
        var name = Path.GetFileName(place);
        try
        {
            // the format comes first: a later one may have other members, and must not be blamed on damage
            var format = JsonSerializer.Deserialize<FormatOnly>(bytes, Options)?.Format;
            if (format is null or < 1) throw new CheckpointException($"'{place}' names no format.", name);
            if (format > Format) throw new CheckpointException($"'{place}' has format {format}; this build knows up to {Format}.", name);
            if (Seal.Document.Of(bytes) is null && format >= FirstSealedFormat) throw new CheckpointException($"'{place}' does not end in its SHA-256.", name);
            if (Seal.Document.Of(bytes) is not null && !Seal.Document.Holds(bytes)) throw new CheckpointException($"'{place}' does not have the SHA-256 that it says.", name);
            return JsonSerializer.Deserialize<T>(bytes, Options) ?? throw new CheckpointException($"'{place}' is empty.", name);
        }
        catch (JsonException damage)
        {
            throw new CheckpointException($"'{place}' cannot be read: {damage.Message}", name, damage);
        }
    }

    private sealed record FormatOnly
    {
        public int? Format { get; init; }
    }
}
