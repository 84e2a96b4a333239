using static TorchSharp.torch;

namespace Diffusion.Inference.Engine;

/// <summary>A noisy classifier on a device of libtorch.</summary>
internal interface ILoadedClassifier : ILoadedNetwork
{
    /// <summary>The gradient of log p(y | x_t) by x_t; belongs to the caller's dispose scope.</summary>
    /// <param name="x">[K, C, H, W].</param>
    /// <param name="timeIndex">[K], int64.</param>
    /// <param name="labels">[K], int64.</param>
    Tensor Gradient(Tensor x, Tensor timeIndex, Tensor labels);
}
