using System.Text.Json;
using Diffusion.Checkpoints;

namespace Diffusion.Training.Data;

/// <summary>What an immutable image set says of itself: <c>manifest.json</c>.</summary>
internal sealed record ImageSetManifest
{
    public const string FileName = "manifest.json";

    public int Format { get; init; } = 1;
    public required string Name { get; init; }
    public required int Channels { get; init; }
    public required int Height { get; init; }
    public required int Width { get; init; }

    /// <summary>Names of the classes in label order; none where the images have no labels.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>Images per split; a split's files are <c>SPLIT.images.u8</c> and <c>SPLIT.labels.u8</c>.</summary>
    public required IReadOnlyDictionary<string, int> Splits { get; init; }

    /// <summary>Images of each class, per split. Null in sets of the first releases.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<int>>? Histogram { get; init; }

    /// <summary>Entries of the source that were refused; <c>refused.ndjson</c> says why.</summary>
    public int Refused { get; init; }

    /// <summary>Images with the pixels of one before them; <c>duplicates.ndjson</c> lists them.</summary>
    public int Duplicates { get; init; }

    public required string Source { get; init; }
    public required string Terms { get; init; }
    public required IReadOnlyDictionary<string, FileDigest> Files { get; init; }

    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>The manifest of a set by name, or null if there is none that can be read.</summary>
    public static ImageSetManifest? Find(string root, string name)
    {
        try
        {
            return CheckpointNames.IsName(name) ? Read(Path.Combine(root, name)) : null;
        }
        catch (Exception wrong) when (wrong is DamagedDataException or IOException)
        {
            return null;
        }
    }

    public static ImageSetManifest Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) throw new DamagedDataException(path, "the image set is not there; import it first.");
        try
        {
            return JsonSerializer.Deserialize<ImageSetManifest>(File.ReadAllBytes(path), Json)
                ?? throw new DamagedDataException(path, "empty manifest.");
        }
        catch (JsonException wrong)
        {
            throw new DamagedDataException(path, $"no manifest of an image set: it breaks off or is wrong in line {wrong.LineNumber + 1}.");
        }
    }
}
