using Diffusion.Inference.Jobs;
using Diffusion.Networks;

namespace Diffusion.Inference.Engine;

/// <summary>A network of libtorch.</summary>
/// <param name="denoiser">The network; disposed with this.</param>
/// <param name="threads">Processors that one operation uses at most.</param>
internal sealed class TorchModel(Denoiser denoiser, int threads) : ILoadedModel
{
    public long Bytes { get; } = denoiser.Network.state_dict().Values.Sum(t => t.numel() * t.element_size());

    public ILaneRunner Open(PictureShape shape) => new TorchLaneRunner(denoiser, shape, threads);

    public void Dispose() => denoiser.Dispose();
}
