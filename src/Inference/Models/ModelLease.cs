using Diffusion.Checkpoints;

namespace Diffusion.Inference.Models;

/// <summary>Keeps a model version loaded, or loading, until disposed.</summary>
internal sealed class ModelLease(ModelHandle handle, Action<ModelHandle> release) : IDisposable
{
    private int released;

    public ModelHandle Handle => handle;

    public CheckpointManifest Manifest => handle.Manifest;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref released, 1) == 0) release(handle);
    }
}
