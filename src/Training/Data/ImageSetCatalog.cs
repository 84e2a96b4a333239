using System.Diagnostics.CodeAnalysis;
using Diffusion.Checkpoints;
using Diffusion.Training.Files;
using Diffusion.Training.Runs;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.Data;

/// <summary>The image sets that jobs can name.</summary>
public sealed class ImageSetCatalog
{
    private const string Removed = ".removed";

    private readonly string root;
    private readonly TrainingQueue queue;

    internal ImageSetCatalog(IOptions<TrainingOptions> options, TrainingQueue queue) => (root, this.queue) = (options.Value.Data, queue);

    /// <summary>Names of the sets, damaged ones too, in order.</summary>
    public IReadOnlyList<string> Names => FoldersIn(root).Where(CheckpointNames.IsName).ToArray();

    /// <summary>A set, or null if there is none of that name.</summary>
    /// <exception cref="DamagedDataException">Its manifest cannot be read.</exception>
    public ImageSetFacts? Find(string name)
    {
        if (!TryFolder(name, out var folder)) return null;
        var manifest = ImageSetManifest.Read(folder);
        var file = new FileInfo(Path.Combine(folder, ImageSetManifest.FileName));
        return new ImageSetFacts(
            name, manifest.Channels, manifest.Height, manifest.Width, manifest.Classes, manifest.Splits, manifest.Histogram, manifest.Refused, manifest.Duplicates,
            manifest.Source, manifest.Terms, DurableFile.Digest(file.FullName).Sha256, manifest.Files.Values.Sum(f => f.Bytes), new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero));
    }

    /// <summary>Some images of each class, a row a class, as PNG; null if there is no such set.</summary>
    /// <exception cref="DamagedDataException">The set cannot be read.</exception>
    public byte[]? Preview(string name)
    {
        if (!TryFolder(name, out var folder)) return null;
        var drawn = Path.Combine(folder, ImageSetImporter.PreviewFile);
        return File.Exists(drawn) ? File.ReadAllBytes(drawn) : ImageSetPreview.Of(folder, ImageSetManifest.Read(folder));
    }

    /// <summary>The lines of JSON that name what was refused: <c>entry</c> and <c>reason</c>. Null if there is no such set.</summary>
    public IEnumerable<string>? Refused(string name) => Lines(name, ImageSetImporter.RefusedFile);

    /// <summary>The lines of JSON that name what was there twice: <c>entry</c>, the one before it as <c>of</c>, and whether it was <c>kept</c>. Null if there is no such set.</summary>
    public IEnumerable<string>? Duplicates(string name) => Lines(name, ImageSetImporter.DuplicatesFile);

    /// <summary>Ids of the jobs that are not over and train on a set.</summary>
    public IReadOnlyList<string> UsersOf(string name) => queue.UsersOf(name);

    /// <summary>Removes a set. Versions that were trained on it stay, with its name and digest.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="TrainingConflictException">A job that is not over trains on it.</exception>
    public bool Delete(string name)
    {
        if (!TryFolder(name, out var folder)) return false;
        var aside = Path.Combine(root, $".{name}.{Guid.NewGuid():N}{Removed}");
        // a rename is at once: who opens the set meanwhile gets all of it or nothing
        if (!queue.WhileUnused(name, () => Move(folder, aside))) return false;
        Directory.Delete(aside, recursive: true);
        return true;
    }

    /// <summary>Takes away what a process left that died while it deleted.</summary>
    internal static void Tidy(string root)
    {
        if (!Directory.Exists(root)) return;
        foreach (var left in Directory.EnumerateDirectories(root, $".*{Removed}")) Directory.Delete(left, recursive: true);
    }

    /// <summary>Names of the folders that hold a set, in order.</summary>
    internal static IEnumerable<string> FoldersIn(string root) => Directory.Exists(root)
        ? Directory.EnumerateDirectories(root).Where(f => File.Exists(Path.Combine(f, ImageSetManifest.FileName))).Select(f => Path.GetFileName(f)).Where(n => n[0] != '.').Order(StringComparer.Ordinal)
        : [];

    private static bool Move(string folder, string aside)
    {
        try
        {
            Directory.Move(folder, aside);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
    }

    private bool TryFolder(string name, [NotNullWhen(true)] out string? folder)
    {
        folder = CheckpointNames.IsName(name) ? Path.Combine(root, name) : null;
        return folder is not null && File.Exists(Path.Combine(folder, ImageSetManifest.FileName));
    }

    private IEnumerable<string>? Lines(string name, string file)
    {
        if (!TryFolder(name, out var folder)) return null;
        var path = Path.Combine(folder, file);
        // sets of the first releases, and those that came as arrays, have no such list
        return File.Exists(path) ? File.ReadLines(path) : [];
    }
}
