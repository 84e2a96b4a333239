namespace Diffusion.Training.Evaluation;

/// <summary>What can be measured, by the words that ask for it.</summary>
public static class MetricNames
{
    /// <summary>Fréchet distance of the features, with that of as many training images as its floor and that of as many pictures of noise as its ceiling.</summary>
    public const string Frechet = "frechet";

    /// <summary>Precision and recall by nearest neighbours.</summary>
    public const string PrecisionRecall = "precision-recall";

    /// <summary>Density and coverage by nearest neighbours.</summary>
    public const string DensityCoverage = "density-coverage";

    /// <summary>Mean distance of two samples in the features, with that of two real images.</summary>
    public const string Diversity = "diversity";

    /// <summary>The class score; the Inception Score with that network's classes.</summary>
    public const string ClassScore = "class-score";

    /// <summary>Share of the samples that the classifier takes for the label asked for.</summary>
    public const string LabelAccuracy = "label-accuracy";

    /// <summary>Distance to the nearest training image, with that of unseen images.</summary>
    public const string NearestImage = "nearest-image";

    /// <summary>Share of images in which the detector finds something, with that of real images and of noise.</summary>
    public const string Detection = "detection";

    /// <summary>The bound on the negative log-likelihood of real images, in bits per number. It draws nothing, and takes one evaluation for each step and image.</summary>
    public const string Nll = "nll";

    /// <summary>The negative log-likelihood of real images itself, by the probability-flow ODE, in bits per number. It draws nothing, and is the same at every point.</summary>
    public const string FlowNll = "nll.ode";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Frechet, PrecisionRecall, DensityCoverage, Diversity, ClassScore, LabelAccuracy, NearestImage, Detection, Nll, FlowNll];

    /// <summary>Those that are measured of samples.</summary>
    public static IReadOnlyList<string> OfSamples { get; } = [.. All.Where(m => m is not (Nll or FlowNll))];

    /// <summary>The one sampler whose steps are distributions that have a bound.</summary>
    public const string BoundSampler = "ddpm";
}
