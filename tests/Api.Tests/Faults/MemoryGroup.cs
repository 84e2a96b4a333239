using System.Diagnostics;
using System.Globalization;

namespace Diffusion.Api.Tests.Faults;

/// <summary>A control group of the kernel for one process, with a limit on all its memory: its own, and the pages of files that it has touched.</summary>
internal sealed class MemoryGroup : IDisposable
{
    private const string Root = "/sys/fs/cgroup";

    private readonly bool isUnified;
    private readonly string folder;

    private MemoryGroup(string parent, bool isUnified)
    {
        this.isUnified = isUnified;
        folder = Path.Combine(parent, $"diffusion-test-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
    }

    /// <summary>The most bytes that it had at once.</summary>
    public long Peak => Number(isUnified ? "memory.peak" : "memory.max_usage_in_bytes");

    /// <summary>How often it was at its limit, so that pages had to be given back first.</summary>
    public long Pressed => isUnified
        ? long.Parse(File.ReadLines(Path.Combine(folder, "memory.events")).Single(l => l.StartsWith("max ", StringComparison.Ordinal))[4..], CultureInfo.InvariantCulture)
        : Number("memory.failcnt");

    /// <summary>Bytes that it may have; rounded by the kernel to whole pages.</summary>
    public long Limit
    {
        get => Number(LimitFile);
        set => File.WriteAllText(Path.Combine(folder, LimitFile), value.ToString(CultureInfo.InvariantCulture));
    }

    private string LimitFile => isUnified ? "memory.max" : "memory.limit_in_bytes";

    /// <summary>A new group without a limit, or null where this process may make none.</summary>
    public static MemoryGroup? Open()
    {
        foreach (var (parent, isUnified) in Parents())
        {
            try
            {
                if (isUnified) File.WriteAllText(Path.Combine(parent, "cgroup.subtree_control"), "+memory");
                var group = new MemoryGroup(parent, isUnified);
                if (File.Exists(Path.Combine(group.folder, group.LimitFile)) && group.Start(["true"], new Dictionary<string, string>()).ExitCode == 0) return group;
                group.Dispose();
            }
            catch (Exception forbidden) when (forbidden is IOException or UnauthorizedAccessException)
            {
                // another hierarchy may be ours
            }
        }
        return null;
    }

    /// <summary>Runs a command in the group to its end.</summary>
    public (int ExitCode, string Said) Start(string[] command, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("sh", ["-c", $"echo $$ > '{folder}/cgroup.procs' && exec \"$@\"", "sh", .. command]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEndAsync();
        var complained = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, said.Result + complained);
    }

    public void Dispose() => Directory.Delete(folder);

    // cgroup v1 names the hierarchy, v2 has only one; within a namespace the path may be that of its root
    private static IEnumerable<(string Parent, bool IsUnified)> Parents()
    {
        if (!File.Exists("/proc/self/cgroup")) yield break;
        foreach (var line in File.ReadLines("/proc/self/cgroup").Select(l => l.Split(':', 3)))
        {
            var isUnified = line[1].Length == 0;
            if (!isUnified && !line[1].Split(',').Contains("memory")) continue;
            foreach (var root in isUnified ? new[] { Root, Root + "/unified" } : [Root + "/memory"])
                foreach (var path in new[] { line[2], "/" }.Distinct())
                    if (Directory.Exists(root + path)) yield return (root + path, isUnified);
        }
    }

    private long Number(string file) => long.Parse(File.ReadAllText(Path.Combine(folder, file)), CultureInfo.InvariantCulture);
}

/// <summary>A test of a process with a limit on its memory, which needs a control group; where none can be made it is skipped, and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MemoryLimitFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> Allowed = new(() =>
    {
        using var group = MemoryGroup.Open();
        return group is not null;
    });

    public MemoryLimitFactAttribute()
    {
        if (!Allowed.Value) Skip = "This machine does not let a process limit the memory of another (a control group with the controller 'memory').";
    }
}
