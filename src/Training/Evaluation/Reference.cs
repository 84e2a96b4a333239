namespace Diffusion.Training.Evaluation;

/// <summary>What samples are compared with: a split of an image set as one feature network sees it.</summary>
/// <param name="Fit">Of the features of all images.</param>
/// <param name="Features">Of the first images with their labels in turn, at most <see cref="MostFeatures"/>: for nearest neighbours.</param>
/// <param name="Count">Images in the split.</param>
internal sealed record Reference(GaussianFit Fit, Vectors Features, int Count)
{
    /// <summary>Reals that precision and recall are measured against in the papers.</summary>
    public const int MostFeatures = 10_000;
}
