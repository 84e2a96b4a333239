using System.IO.Compression;
using System.Security.Cryptography;
using Diffusion.Checkpoints;
using Diffusion.Zip;

namespace Diffusion.Exchange;

/// <summary>A version as a zip file: the manifest, and exactly the files that it lists.</summary>
internal sealed class ZipPackage : IDisposable
{
    private readonly ZipArchive zip;
    private readonly ImportLimits limits;
    private readonly Dictionary<string, ZipArchiveEntry> entries = new(StringComparer.Ordinal);

    private ZipPackage(string path, ImportLimits limits)
    {
        this.limits = limits;
        try
        {
            if (ZipDirectory.Count(path, limits.Entries + 1) > limits.Entries)
                throw new ImportRefusedException(ImportFault.Size, ImportRefusedException.Whole, $"It has more than {limits.Entries} entries.");
            zip = ZipFile.OpenRead(path);
            Look();
        }
        catch (Exception damaged) when (IsOfTheArchive(damaged))
        {
            zip?.Dispose();
            throw ImportRefusedException.Damaged(ImportRefusedException.Whole, $"It is no whole zip file: {damaged.Message}", damaged);
        }
        catch
        {
            zip?.Dispose();
            throw;
        }
    }

    /// <summary>Unpacks the files of the version, and checks each.</summary>
    /// <returns>The manifest.</returns>
    /// <exception cref="ImportRefusedException">An entry is not what it should be.</exception>
    public static CheckpointManifest Unpack(string path, string folder, ImportLimits limits, CancellationToken cancellation)
    {
        using var package = new ZipPackage(path, limits);
        var manifest = package.Manifest();
        foreach (var (file, expected) in manifest.Files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            var found = package.Extract(file, expected.Bytes, Path.Combine(folder, file), cancellation);
            if (found != expected) throw ImportRefusedException.Damaged(file, "It does not have the length and SHA-256 that the manifest says.");
        }
        return manifest;
    }

    public void Dispose() => zip.Dispose();

    // every entry before the first is unpacked
    private void Look()
    {
        long total = 0;
        foreach (var entry in zip.Entries)
        {
            var name = entry.FullName;
            var shown = new string([.. name.Select(c => char.IsControl(c) ? '?' : c).Take(200)]);
            if (!CheckpointNames.IsFile(name) && name != CheckpointStore.ManifestFile) throw ImportRefusedException.Damaged(shown, "A version has no file of such a name, and no folders.");
            if (ZipEntries.IsLink(entry)) throw ImportRefusedException.Damaged(shown, "It is a link.");
            if (entry.IsEncrypted) throw ImportRefusedException.Damaged(shown, "It is encrypted.");
            if (ZipEntries.IsBomb(entry, limits.Ratio))
                throw new ImportRefusedException(ImportFault.Size, shown, $"It unpacks {entry.CompressedLength} to {entry.Length} bytes: more than {limits.Ratio} times as many.");
            total += entry.Length;
            if (total > limits.Bytes) throw new ImportRefusedException(ImportFault.Size, shown, $"It brings the unpacked size over {limits.Bytes} bytes.");
            if (!entries.TryAdd(name, entry)) throw ImportRefusedException.Damaged(shown, "It is there twice.");
        }
    }

    private CheckpointManifest Manifest()
    {
        const string name = CheckpointStore.ManifestFile;
        if (!entries.TryGetValue(name, out var entry)) throw ImportRefusedException.Damaged(name, "It is missing.");
        if (entry.Length > ManifestJson.MaximumBytes) throw new ImportRefusedException(ImportFault.Size, name, $"It has {entry.Length} bytes; up to {ManifestJson.MaximumBytes} are read.");
        using var text = new MemoryStream();
        Copy(name, entry.Length, text, CancellationToken.None);
        var manifest = ForeignManifest.Read(text.ToArray(), limits);
        if (entries.Keys.FirstOrDefault(e => e != name && !manifest.Files.ContainsKey(e)) is { } stray) throw ImportRefusedException.Damaged(stray, "The manifest does not list it.");
        return manifest;
    }

    private FileDigest Extract(string file, long length, string to, CancellationToken cancellation)
    {
        if (!entries.ContainsKey(file)) throw ImportRefusedException.Damaged(file, "It is missing.");
        using var target = new FileStream(to, FileMode.CreateNew, FileAccess.Write);
        return Copy(file, length, target, cancellation);
    }

    /// <summary>Unpacks an entry, and stops one byte after its end should be: what an archive says of lengths binds nobody.</summary>
    private FileDigest Copy(string name, long length, Stream target, CancellationToken cancellation)
    {
        try
        {
            using var source = entries[name].Open();
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[1 << 17];
            long copied = 0;
            while (copied <= length && source.Read(buffer) is var read and > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                hash.AppendData(buffer.AsSpan(0, read));
                target.Write(buffer.AsSpan(0, read));
                copied += read;
            }
            return new FileDigest(copied, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        catch (Exception damaged) when (IsOfTheArchive(damaged))
        {
            throw ImportRefusedException.Damaged(name, $"It cannot be unpacked: {damaged.Message}", damaged);
        }
    }

    // what the reader throws at lengths, places and methods that cannot be; a disk that fails throws another IOException
    private static bool IsOfTheArchive(Exception damage) =>
        damage is InvalidDataException or EndOfStreamException or NotSupportedException or ArgumentException or OverflowException;
}
