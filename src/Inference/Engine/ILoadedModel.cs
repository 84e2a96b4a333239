using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Engine;

/// <summary>A model version on a device. Disposed after its last lane.</summary>
internal interface ILoadedModel : IDisposable
{
    /// <summary>Bytes of its weights on the device.</summary>
    long Bytes { get; }

    /// <summary>A lane without pictures.</summary>
    ILaneRunner Open(PictureShape shape);
}
