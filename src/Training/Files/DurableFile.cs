using System.Security.Cryptography;
using Diffusion.Checkpoints;

namespace Diffusion.Training.Files;

/// <summary>Files that are either whole or not there: written aside, flushed to the disk, renamed.</summary>
internal static class DurableFile
{
    /// <summary>Replaces <paramref name="path"/> by what <paramref name="write"/> writes.</summary>
    public static void Write(string path, Action<FileStream> write)
    {
        var aside = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(aside, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(aside, path, overwrite: true);
        }
        finally
        {
            File.Delete(aside);
        }
    }

    /// <summary>Replaces <paramref name="path"/> by <paramref name="content"/>.</summary>
    public static void Write(string path, ReadOnlyMemory<byte> content) => Write(path, stream => stream.Write(content.Span));

    /// <summary>Length and SHA-256 of a file.</summary>
    public static FileDigest Digest(string path)
    {
        using var stream = File.OpenRead(path);
        return new FileDigest(stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }
}
