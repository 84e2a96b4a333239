using Diffusion.Networks;
using static TorchSharp.torch;

namespace Diffusion.Inference.Engine;

/// <summary>A noisy classifier of libtorch.</summary>
internal sealed class TorchClassifier(GuidingClassifier classifier) : ILoadedClassifier
{
    public long Bytes { get; } = classifier.Network.state_dict().Values.Sum(t => t.numel() * t.element_size());

    public Tensor Gradient(Tensor x, Tensor timeIndex, Tensor labels) => classifier.Gradient(x, timeIndex, labels);

    public void Dispose() => classifier.Dispose();
}
