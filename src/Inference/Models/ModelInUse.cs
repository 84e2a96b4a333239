using Diffusion.Inference.Engine;

namespace Diffusion.Inference.Models;

/// <summary>A loaded version and what was found out about it.</summary>
/// <param name="network">The network on its device.</param>
internal sealed class ModelInUse(ILoadedNetwork network)
{
    private volatile StrictSizes? strict;

    public ILoadedNetwork Network => network;

    /// <summary>The sizes of batch that give the same bits whatever the neighbours; null until they are known. Strict rows wait for them.</summary>
    public StrictSizes? Strict
    {
        get => strict;
        set => strict = value;
    }
}
