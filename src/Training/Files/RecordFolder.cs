using System.Text.Json;

namespace Diffusion.Training.Files;

/// <summary>A folder of records, a JSON file each, written by <see cref="DurableFile"/>.</summary>
internal static class RecordFolder
{
    /// <summary>All records; the folder is made if there is none, and what a crash left half written is removed.</summary>
    /// <exception cref="InvalidDataException">A record is empty.</exception>
    public static IEnumerable<T> Open<T>(string folder, JsonSerializerOptions json)
    {
        Directory.CreateDirectory(folder);
        foreach (var left in Directory.EnumerateFiles(folder, "*.tmp")) File.Delete(left);
        foreach (var path in Directory.EnumerateFiles(folder, "*.json"))
            yield return JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), json) ?? throw new InvalidDataException($"{path} is empty.");
    }
}
