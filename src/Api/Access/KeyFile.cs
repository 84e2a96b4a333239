using System.Text.Json;
using Diffusion.Checkpoints;

namespace Diffusion.Api.Access;

/// <summary>The stored keys: one JSON file, replaced as a whole, readable by its owner only.</summary>
internal sealed record KeyFile
{
    private const int KnownFormat = 1, MaximumBytes = 4 << 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        MaxDepth = 8,
    };

    /// <summary>Version of this layout.</summary>
    public int Format { get; init; } = KnownFormat;

    /// <summary>All keys; names and ids are unique.</summary>
    public IReadOnlyList<ApiKey> Keys { get; init; } = [];

    /// <summary>The file at a path, or null if there is none.</summary>
    /// <exception cref="InvalidDataException">It is not such a file.</exception>
    public static KeyFile? Read(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) return null;
            if (file.Length > MaximumBytes) throw new InvalidDataException($"'{path}' has {file.Length} bytes; the limit is {MaximumBytes}.");
            var read = JsonSerializer.Deserialize<KeyFile>(File.ReadAllBytes(path), Json) ?? throw new InvalidDataException($"'{path}' is empty.");
            if (read.Format != KnownFormat) throw new InvalidDataException($"'{path}' has format {read.Format}; this build knows {KnownFormat}.");
            if (read.Keys.DistinctBy(k => k.Id).Count() != read.Keys.Count) throw new InvalidDataException($"'{path}' has two keys of the same id.");
            return read;
        }
        catch (JsonException damage)
        {
            throw new InvalidDataException($"'{path}' cannot be read: {damage.Message}", damage);
        }
        catch (FileNotFoundException)
        {
            // deleted since it was looked at
            return null;
        }
    }

    /// <summary>Changes the file while no other process does.</summary>
    /// <exception cref="IOException">Another process changes it, or it cannot be written.</exception>
    public static void Change(string path, Func<KeyFile, KeyFile> change)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        using var held = new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        var changed = change(Read(path) ?? new KeyFile());
        Durable.ReplaceFile(path, JsonSerializer.SerializeToUtf8Bytes(changed, Json), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
