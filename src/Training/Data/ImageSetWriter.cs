using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Training.Files;

namespace Diffusion.Training.Data;

/// <summary>One split on its way into an image set: pixels of all images, then their labels.</summary>
internal sealed record ImageSplit(string Name, byte[] Pixels, byte[] Labels);

/// <summary>Writes an image set to a sibling folder and renames it, so a set is whole or not there.</summary>
internal static class ImageSetWriter
{
    /// <returns>The folder of the set.</returns>
    /// <exception cref="IOException">A set of this name with other content exists.</exception>
    public static string Write(string root, ImageSetManifest manifest, IReadOnlyList<ImageSplit> splits)
    {
        var target = Path.Combine(root, manifest.Name);
        var aside = Path.Combine(root, $".{manifest.Name}.{Guid.NewGuid():N}");
        Directory.CreateDirectory(aside);
        try
        {
            var files = new SortedDictionary<string, FileDigest>(StringComparer.Ordinal);
            foreach (var split in splits)
            {
                Add($"{split.Name}.images.u8", split.Pixels);
                Add($"{split.Name}.labels.u8", split.Labels);
            }
            manifest = manifest with { Files = files, Splits = splits.ToDictionary(s => s.Name, s => s.Labels.Length) };
            DurableFile.Write(Path.Combine(aside, ImageSetManifest.FileName), JsonSerializer.SerializeToUtf8Bytes(manifest, ImageSetManifest.Json));
            if (!Directory.Exists(target)) Directory.Move(aside, target);
            else if (!SameFiles(ImageSetManifest.Read(target).Files, files)) throw new IOException($"{target} exists with other content; image sets are immutable. Remove it or choose another name.");
            return target;

            void Add(string name, byte[] content)
            {
                var path = Path.Combine(aside, name);
                DurableFile.Write(path, content);
                files[name] = DurableFile.Digest(path);
            }
        }
        finally
        {
            if (Directory.Exists(aside)) Directory.Delete(aside, recursive: true);
        }
    }

    private static bool SameFiles(IReadOnlyDictionary<string, FileDigest> one, IReadOnlyDictionary<string, FileDigest> other) =>
        one.Count == other.Count && one.All(f => other.TryGetValue(f.Key, out var digest) && digest == f.Value);
}
