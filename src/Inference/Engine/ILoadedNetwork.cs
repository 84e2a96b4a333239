namespace Diffusion.Inference.Engine;

/// <summary>A version of any kind on a device.</summary>
internal interface ILoadedNetwork : IDisposable
{
    /// <summary>Bytes of its weights on the device.</summary>
    long Bytes { get; }
}
