using Diffusion.Training.Data;

namespace Diffusion.Training.Sources;

/// <summary>A folder of image files: classes from the names of its folders, or from <c>labels.csv</c>.</summary>
internal sealed class FileSource : IImageSource
{
    private readonly string folder;
    private readonly NamedFiles files;

    /// <exception cref="DamagedDataException">More files than are read, or a link that leaves the folder.</exception>
    public FileSource(string folder, ImportLimits limits)
    {
        this.folder = folder;
        var entries = new List<string>();
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false };
        foreach (var path in Directory.EnumerateFiles(folder, "*", options))
        {
            if (entries.Count == limits.Entries) throw new DamagedDataException(folder, $"has more than {limits.Entries} files.");
            entries.Add(Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'));
        }
        files = new NamedFiles(folder, entries, Read, limits);
    }

    public int? Count => files.Count;

    public IEnumerable<SourceImage> Read(Action<string, string> refuse) => files.Read(refuse);

    public void Dispose()
    {
    }

    private byte[] Read(string entry, long limit)
    {
        var file = new FileInfo(Path.Combine(folder, entry));
        if (file.ResolveLinkTarget(returnFinalTarget: true) is not null) throw new RefusedImageException("It is a link.");
        return file.Length <= limit ? File.ReadAllBytes(file.FullName) : throw new RefusedImageException($"It has {file.Length} bytes; up to {limit} are read.");
    }
}
