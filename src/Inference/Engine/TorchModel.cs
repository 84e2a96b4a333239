using Diffusion.Inference.Jobs;
using Diffusion.Networks;

namespace Diffusion.Inference.Engine;

/// <summary>A network of libtorch.</summary>
internal sealed class TorchModel(Denoiser denoiser) : ILoadedModel
{
    public long Bytes { get; } = denoiser.Network.state_dict().Values.Sum(t => t.numel() * t.element_size());

    public ILaneRunner Open(PictureShape shape) => new TorchLaneRunner(denoiser, shape);

    public void Dispose() => denoiser.Dispose();
}
