using Diffusion.Checkpoints;

namespace Diffusion.Inference.Models;

/// <summary>One model version in use or about to be. Fields change under the registry's lock.</summary>
internal sealed class ModelHandle(CheckpointVersion version)
{
    private readonly TaskCompletionSource settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ModelInUse? loaded;
    private volatile string? problem;

    public CheckpointVersion Version => version;

    public CheckpointManifest Manifest => version.Manifest;

    public int Leases { get; set; }

    /// <summary>Whether it is being probed: it stays in memory until that is over, but nobody uses it.</summary>
    public bool IsInProbe { get; set; }

    /// <summary>When it was last taken or given back, in turns of the registry.</summary>
    public long LastUsed { get; set; }

    /// <summary>Whether it leaves memory with its last user: a newer version has taken its place.</summary>
    public bool IsReplaced { get; set; }

    /// <summary>Bytes that it will take, before that is known better.</summary>
    public long ExpectedBytes => version.Manifest.Files.TryGetValue(CheckpointVersion.WeightsFile, out var weights) ? weights.Bytes : 0;

    /// <summary>Why it cannot be used, or null.</summary>
    public string? Problem
    {
        get => problem;
        set => problem = value;
    }

    /// <summary>Ends when it can be used, or when it is known that it cannot.</summary>
    public Task Settled => settled.Task;

    /// <summary>The network on its device, or null while it is not there.</summary>
    public ModelInUse? Loaded
    {
        get => loaded;
        set => loaded = value;
    }

    /// <summary>See <see cref="Settled"/>.</summary>
    public void Settle() => settled.TrySetResult();
}
