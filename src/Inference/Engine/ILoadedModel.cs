using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Engine;

/// <summary>A version that makes pictures, on a device. Disposed after its last lane.</summary>
internal interface ILoadedModel : ILoadedNetwork
{
    /// <summary>A lane without pictures.</summary>
    ILaneRunner Open(PictureShape shape);
}
