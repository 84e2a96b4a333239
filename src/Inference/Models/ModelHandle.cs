using Diffusion.Checkpoints;
using Diffusion.Networks;

namespace Diffusion.Inference.Models;

/// <summary>One model version in use or about to be. Fields change under the registry's lock.</summary>
internal sealed class ModelHandle(CheckpointVersion version)
{
    private volatile Denoiser? network;

    public CheckpointVersion Version => version;

    public CheckpointManifest Manifest => version.Manifest;

    public int Leases { get; set; }

    /// <summary>Why it cannot be used, or null.</summary>
    public string? Problem { get; set; }

    public Denoiser? Network
    {
        get => network;
        set => network = value;
    }
}
