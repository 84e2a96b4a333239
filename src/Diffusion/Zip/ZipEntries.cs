using System.IO.Compression;

namespace Diffusion.Zip;

/// <summary>What an entry of a zip file from outside says of itself, before it is unpacked.</summary>
public static class ZipEntries
{
    // the file type bits of Unix in the upper half of the attributes, and the one of a link
    private const int TypeMask = 0xF000, Link = 0xA000;
    private const int Small = 1 << 20;

    /// <summary>Whether it is a symbolic link.</summary>
    public static bool IsLink(ZipArchiveEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return ((entry.ExternalAttributes >> 16) & TypeMask) == Link;
    }

    /// <summary>Whether it unpacks to more than <paramref name="ratio"/> times its size; entries of up to 1 MiB do no harm.</summary>
    public static bool IsBomb(ZipArchiveEntry entry, long ratio)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return entry.Length > Small && entry.Length / Math.Max(1, entry.CompressedLength) > ratio;
    }
}
