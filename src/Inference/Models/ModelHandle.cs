using Diffusion.Checkpoints;
using Diffusion.Inference.Engine;

namespace Diffusion.Inference.Models;

/// <summary>One model version in use or about to be. Fields change under the registry's lock.</summary>
internal sealed class ModelHandle(CheckpointVersion version)
{
    private readonly TaskCompletionSource settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ILoadedModel? loaded;

    public CheckpointVersion Version => version;

    public CheckpointManifest Manifest => version.Manifest;

    public int Leases { get; set; }

    /// <summary>Why it cannot be used, or null.</summary>
    public string? Problem { get; set; }

    /// <summary>Ends when it can be used, or when it is known that it cannot.</summary>
    public Task Settled => settled.Task;

    /// <summary>The network on its device, or null while it is not there.</summary>
    public ILoadedModel? Loaded
    {
        get => loaded;
        set => loaded = value;
    }

    /// <summary>See <see cref="Settled"/>.</summary>
    public void Settle() => settled.TrySetResult();
}
