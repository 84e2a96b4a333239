namespace Diffusion.Noise;

/// <summary>What a stream of random numbers is for. The values are part of the seed contract: never renumber.</summary>
public enum NoisePurpose : uint
{
    /// <summary>x_T, where sampling starts.</summary>
    Start = 0,

    /// <summary>z of a stochastic sampling step.</summary>
    Step = 1,

    /// <summary>The first memory x0-bar of a DDDM sample.</summary>
    Memory = 2,

    /// <summary>z of the forward process in training.</summary>
    TrainingNoise = 16,

    /// <summary>The time index drawn in training.</summary>
    TrainingTime = 17,

    /// <summary>Whether a label is dropped in training.</summary>
    LabelDrop = 18,

    /// <summary>Whether a DDDM memory is refreshed in training.</summary>
    MemoryRefresh = 19,

    /// <summary>The order of the images of an epoch.</summary>
    Shuffle = 20,

    /// <summary>The seed of dropout in one training step.</summary>
    Dropout = 21,

    /// <summary>The initial weights.</summary>
    Weights = 22,

    /// <summary>Whether and where a training image is on a walk that is distilled.</summary>
    WalkTarget = 23,

    /// <summary>z by which a run is validated; the same at every step.</summary>
    ValidationNoise = 24,

    /// <summary>The time index by which a run is validated.</summary>
    ValidationTime = 25,

    /// <summary>How a training image is changed.</summary>
    Augmentation = 26,

    /// <summary>z by which the bound on the likelihood of an image is measured; the step is t.</summary>
    BoundNoise = 32,

    /// <summary>What is added to the levels of an image whose likelihood is measured, so that they are a density.</summary>
    Dequantisation = 33,

    /// <summary>The signs by which the divergence of the probability flow is estimated.</summary>
    FlowProbe = 34,
}
