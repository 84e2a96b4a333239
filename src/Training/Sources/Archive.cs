using System.IO.Compression;
using Diffusion.Training.Data;
using Diffusion.Zip;

namespace Diffusion.Training.Sources;

/// <summary>A zip file from outside, whose every entry was looked at before the first is unpacked.</summary>
internal sealed class Archive : IDisposable
{
    private readonly string path;
    private readonly ZipArchive zip;
    private readonly Dictionary<string, ZipArchiveEntry> entries = new(StringComparer.Ordinal);

    /// <exception cref="DamagedDataException">No zip file, or an entry with a name that leaves the folder, a link, an encrypted one, a bomb, or too many.</exception>
    public Archive(string path, ImportLimits limits)
    {
        this.path = path;
        try
        {
            if (ZipDirectory.Count(path, limits.Entries + 1) > limits.Entries) throw new DamagedDataException(path, $"has more than {limits.Entries} entries.");
            zip = ZipFile.OpenRead(path);
            Look(limits);
        }
        catch (InvalidDataException damaged)
        {
            zip?.Dispose();
            throw new DamagedDataException(path, $"is no whole zip file: {damaged.Message}");
        }
        catch
        {
            zip?.Dispose();
            throw;
        }
    }

    /// <summary>Names of the files.</summary>
    public IReadOnlyCollection<string> Names => entries.Keys;

    /// <summary>Bytes of a file, unpacked, as the archive says.</summary>
    public long LengthOf(string name) => entries[name].Length;

    /// <summary>The bytes of a file: never more than the archive says that there are.</summary>
    /// <exception cref="RefusedImageException">More than <paramref name="limit"/>, or they cannot be unpacked.</exception>
    public byte[] Read(string name, long limit)
    {
        var entry = entries[name];
        if (entry.Length > limit) throw new RefusedImageException($"It has {entry.Length} bytes; up to {limit} are read.");
        var bytes = new byte[entry.Length];
        try
        {
            using var stream = entry.Open();
            var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (read < bytes.Length) throw new RefusedImageException($"It ends after {read} of {bytes.Length} bytes.");
            return bytes;
        }
        catch (InvalidDataException damaged)
        {
            throw new RefusedImageException("It cannot be unpacked.", damaged);
        }
    }

    /// <summary>The bytes of a file one after the other.</summary>
    public Stream Open(string name) => entries[name].Open();

    public void Dispose() => zip.Dispose();

    private void Look(ImportLimits limits)
    {
        long total = 0;
        foreach (var entry in zip.Entries)
        {
            var name = entry.FullName;
            if (EntryNames.Danger(name) is { } danger) throw Refuse(name, danger);
            if (ZipEntries.IsLink(entry)) throw Refuse(name, "is a link");
            if (name.EndsWith('/')) continue;
            if (entry.IsEncrypted) throw Refuse(name, "is encrypted");
            if (ZipEntries.IsBomb(entry, limits.Ratio))
                throw Refuse(name, $"unpacks {entry.CompressedLength} to {entry.Length} bytes: more than {limits.Ratio} times as many");
            total += entry.Length;
            if (total > limits.TotalBytes) throw Refuse(name, $"brings the unpacked size over {limits.TotalBytes} bytes");
            if (!entries.TryAdd(name, entry)) throw Refuse(name, "is there twice");
        }
    }

    private DamagedDataException Refuse(string name, string problem) => new(path, $"entry '{name}' {problem}; nothing was imported.");
}
