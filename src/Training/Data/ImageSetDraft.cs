using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Training.Files;

namespace Diffusion.Training.Data;

/// <summary>
/// An image set while it is written: images go to a sibling folder one by one, which is renamed at the end. A set is whole or not
/// there, and no more than one image is in memory.
/// </summary>
internal sealed class ImageSetDraft : IDisposable
{
    private readonly string target, aside;
    private readonly SortedDictionary<string, (FileStream Images, List<byte> Labels)> splits = new(StringComparer.Ordinal);

    /// <param name="target">Folder of the set; its name is the set's.</param>
    /// <param name="mark">Names the sibling. One that a crash left under the same mark is taken away; null for a name that nobody has.</param>
    public ImageSetDraft(string target, string? mark = null)
    {
        this.target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        var root = Path.GetDirectoryName(this.target)!;
        aside = Path.Combine(root, $".{Path.GetFileName(this.target)}.{mark ?? Guid.NewGuid().ToString("N")}");
        if (Directory.Exists(aside)) Directory.Delete(aside, recursive: true);
        Directory.CreateDirectory(aside);
    }

    /// <summary>Adds an image to a split.</summary>
    /// <param name="split">Name of the split.</param>
    /// <param name="pixels">Bytes of the image, channel by channel.</param>
    /// <param name="label">Its class; <see cref="Commit"/> can still change the order of the classes.</param>
    public void Add(string split, ReadOnlySpan<byte> pixels, byte label)
    {
        if (!splits.TryGetValue(split, out var files))
            splits[split] = files = (new FileStream(Path.Combine(aside, ImagesOf(split)), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20), []);
        files.Images.Write(pixels);
        files.Labels.Add(label);
    }

    /// <summary>Adds a file that tells of the set, such as a preview.</summary>
    public void Attach(string name, ReadOnlyMemory<byte> content) => DurableFile.Write(Path.Combine(aside, name), content);

    /// <summary>Completes the set.</summary>
    /// <param name="manifest">Without files, splits and counts, which are filled in.</param>
    /// <param name="labels">The label of each label that was given so far; null leaves them.</param>
    /// <returns>The folder of the set.</returns>
    /// <exception cref="IOException">A set of this name with other content exists.</exception>
    public string Commit(ImageSetManifest manifest, byte[]? labels = null)
    {
        var files = new SortedDictionary<string, FileDigest>(StringComparer.Ordinal);
        var counts = new SortedDictionary<string, IReadOnlyList<int>>(StringComparer.Ordinal);
        foreach (var (split, (images, given)) in splits)
        {
            images.Flush(flushToDisk: true);
            images.Dispose();
            var settled = given.Select(l => labels is null ? l : labels[l]).ToArray();
            DurableFile.Write(Path.Combine(aside, $"{split}.labels.u8"), settled);
            foreach (var name in new[] { ImagesOf(split), $"{split}.labels.u8" }) files[name] = DurableFile.Digest(Path.Combine(aside, name));
            counts[split] = [.. Enumerable.Range(0, Math.Max(1, manifest.Classes.Count)).Select(c => settled.Count(l => l == c))];
        }
        foreach (var attached in Directory.EnumerateFiles(aside).Select(f => Path.GetFileName(f)).Where(f => !files.ContainsKey(f)).ToArray())
            files[attached] = DurableFile.Digest(Path.Combine(aside, attached));
        manifest = manifest with { Files = files, Histogram = counts, Splits = splits.ToDictionary(s => s.Key, s => s.Value.Labels.Count) };
        DurableFile.Write(Path.Combine(aside, ImageSetManifest.FileName), JsonSerializer.SerializeToUtf8Bytes(manifest, ImageSetManifest.Json));
        if (!Directory.Exists(target)) Directory.Move(aside, target);
        else if (!SameFiles(ImageSetManifest.Read(target).Files, files)) throw new ImageSetExistsException(manifest.Name, "it has other content, and image sets are immutable");
        return target;
    }

    public void Dispose()
    {
        foreach (var (images, _) in splits.Values) images.Dispose();
        if (Directory.Exists(aside)) Directory.Delete(aside, recursive: true);
    }

    private static string ImagesOf(string split) => $"{split}.images.u8";

    private static bool SameFiles(IReadOnlyDictionary<string, FileDigest> one, IReadOnlyDictionary<string, FileDigest> other) =>
        one.Count == other.Count && one.All(f => other.TryGetValue(f.Key, out var digest) && digest == f.Value);
}
