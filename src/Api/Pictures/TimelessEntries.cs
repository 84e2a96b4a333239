using System.IO.Compression;

namespace Diffusion.Api.Pictures;

/// <summary>The same pictures give the same archive: entries carry no time of their own.</summary>
internal static class TimelessEntries
{
    private static readonly DateTimeOffset Earliest = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Adds an entry that is stored as it is: pictures are compressed already, and noise cannot be.</summary>
    public static ZipArchiveEntry CreateTimelessEntry(this ZipArchive archive, string name)
    {
        var entry = archive.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = Earliest;
        return entry;
    }
}
