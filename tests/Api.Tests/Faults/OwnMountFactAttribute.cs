using System.Diagnostics;

namespace Diffusion.Api.Tests.Faults;

/// <summary>A test of a service that has a file system of its own, which needs user namespaces; where these are forbidden it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OwnMountFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> Allowed = new(IsAllowed);

    public OwnMountFactAttribute()
    {
        if (!Allowed.Value) Skip = "This machine does not let a process mount a file system of its own (unshare --mount).";
    }

    /// <summary>A launcher of <see cref="ServiceProcess"/>: the folder is a file system of that size, which ends with the process.</summary>
    public static string[] WithTmpfs(string folder, string size) =>
        ["unshare", "--map-root-user", "--mount", "sh", "-c", $"mount -t tmpfs -o size={size} tmpfs \"$0\" && exec \"$@\"", folder];

    /// <summary>The same with the files of another folder in it from the start.</summary>
    public static string[] WithTmpfs(string folder, string size, string source) =>
        ["unshare", "--map-root-user", "--mount", "sh", "-c", $"mount -t tmpfs -o size={size} tmpfs \"$0\" && cp -r '{source}/.' \"$0\" && exec \"$@\"", folder];

    private static bool IsAllowed()
    {
        try
        {
            var start = new ProcessStartInfo("unshare", ["--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]) { RedirectStandardError = true };
            using var process = Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // no such program
        }
    }
}
