using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Diffusion.Checkpoints;

/// <summary>Writes that survive a power cut: content first, then the name, then the folder that holds the name.</summary>
public static partial class Durable
{
    /// <summary>Replaces a file as a whole: readers see the old content or the new, and so does the machine after a power cut.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="content">All of it.</param>
    /// <param name="mode">Who may read it, from its first moment on; null for the process's default. Windows knows no modes.</param>
    public static void ReplaceFile(string path, ReadOnlySpan<byte> content, UnixFileMode? mode = null)
    {
        var aside = $"{path}.{Guid.NewGuid():N}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (mode is { } given && !OperatingSystem.IsWindows()) options.UnixCreateMode = given;
        try
        {
            using (var file = new FileStream(aside, options))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }
            File.Move(aside, path, overwrite: true);
            FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        finally
        {
            File.Delete(aside);
        }
    }

    internal static void WriteFile(string path, ReadOnlySpan<byte> content)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Flushes the names of folders, each in the folder that holds it.</summary>
    internal static void FlushNames(params ReadOnlySpan<string> folders)
    {
        foreach (var folder in folders)
            if (Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folder)) is { } above) FlushFolder(above);
    }

    internal static void FlushFile(string path)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>Flushes the names in a folder. Windows writes them through by itself and has no such call.</summary>
    internal static void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = OpenDescriptor(path, 0);
        if (descriptor < 0) throw Failure("open", path);
        try
        {
            if (Synchronise(descriptor) != 0) throw Failure("fsync", path);
        }
        finally
        {
            _ = CloseDescriptor(descriptor);
        }
    }

    private static IOException Failure(string call, string path)
    {
        var cause = new Win32Exception(Marshal.GetLastPInvokeError());
        return new IOException($"{call} of '{path}' failed: {cause.Message}", cause);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenDescriptor(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronise(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseDescriptor(int descriptor);
}
