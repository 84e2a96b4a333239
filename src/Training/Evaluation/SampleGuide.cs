using Diffusion.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Evaluation;

/// <summary>A noisy classifier that guides all images of a batch.</summary>
/// <param name="Classifier">The classifier.</param>
/// <param name="Scale">s; 0 is none.</param>
/// <param name="Labels">The class that each image goes to.</param>
internal sealed record SampleGuide(GuidingClassifier Classifier, double Scale, long[] Labels)
{
    /// <summary>s g at x, [B, C, H, W].</summary>
    public Tensor Pull(Tensor x, int timeIndex)
    {
        using var scale = Scale.ToScalar();
        var times = full(x.shape[0], timeIndex, dtype: int64, device: x.device);
        return Classifier.Gradient(x, times, tensor(Labels, device: x.device)).mul(scale);
    }
}
