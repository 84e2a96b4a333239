using Diffusion.Training.Data;

namespace Diffusion.Training.Sources;

/// <summary>A zip file of image files, read like a folder.</summary>
internal sealed class ArchiveSource : IImageSource
{
    private readonly Archive archive;
    private readonly NamedFiles files;

    /// <param name="path">For messages.</param>
    /// <param name="archive">Disposed with this.</param>
    /// <param name="limits">Of the import.</param>
    public ArchiveSource(string path, Archive archive, ImportLimits limits)
    {
        this.archive = archive;
        files = new NamedFiles(path, archive.Names, archive.Read, limits);
    }

    public int? Count => files.Count;

    public IEnumerable<SourceImage> Read(Action<string, string> refuse) => files.Read(refuse);

    public void Dispose() => archive.Dispose();
}
