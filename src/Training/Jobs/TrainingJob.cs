using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;

namespace Diffusion.Training.Jobs;

/// <summary>One training run, as its job file says it. Two runs of one job give the same bytes.</summary>
internal abstract record TrainingJob
{
    /// <summary>Name of the run and of its state folder.</summary>
    public required string Name { get; init; }

    /// <summary>The model that is published.</summary>
    public required string Model { get; init; }

    /// <summary>Name of the image set.</summary>
    public required string Data { get; init; }

    /// <summary>Train on the first so many images of the set only; null for all.</summary>
    public int? DataImages { get; init; }

    /// <summary>Images a step.</summary>
    public required int Batch { get; init; }

    /// <summary>Images to see, repeats counted; rounded up to whole batches.</summary>
    public required long Images { get; init; }

    /// <summary>Steps to take, where the job counts in steps instead of images.</summary>
    public int? Steps { get; init; }

    public OptimizerSettings Optimizer { get; init; } = new();

    /// <summary>The moving average of the weights, which is what a version holds.</summary>
    public AverageSettings Average { get; init; } = new();

    public ulong Seed { get; init; }

    /// <summary>Steps between resume points, sample grids, published versions (0: only at the end), validations and metric lines.</summary>
    public CadenceSettings Every { get; init; } = new();
}

/// <summary>A run that makes a denoiser.</summary>
internal sealed record DenoiserJob : TrainingJob
{
    public required ObjectiveSettings Objective { get; init; }
    public required ScheduleReference Schedule { get; init; }
    public required UNetConfig Network { get; init; }

    /// <summary>Probability that a label is replaced by the null token, for classifier-free guidance.</summary>
    public double LabelDrop { get; init; }

    /// <summary>How a training image is changed each time it comes by; null for not at all.</summary>
    public AugmentationSettings? Augmentation { get; init; }

    /// <summary>A published version whose fitting parameters this run starts from.</summary>
    public ParentReference? InitialFrom { get; init; }

    public SamplingDefaults? Sampling { get; init; }

    /// <summary>What its sample pictures are made with.</summary>
    public SamplingDefaults SampledWith => Sampling ?? (Network.Memory ? new SamplingDefaults("dddm", 4) : new SamplingDefaults("ddim", 20));
}

/// <summary>A run that makes the classifier by which samples are judged.</summary>
internal sealed record ClassifierJob : TrainingJob
{
    public const string Kind = "classifier";

    public required ClassifierConfig Classifier { get; init; }
}

/// <summary>What is learned.</summary>
internal sealed record ObjectiveSettings
{
    public const string Ddpm = "ddpm", Dddm = "dddm", Udddm = "udddm", Progressive = "progressive", Consistent = "consistency";

    /// <summary>Those that make a denoiser.</summary>
    public static readonly IReadOnlyList<string> Kinds = [Ddpm, Dddm, Udddm, Progressive, Consistent];

    public required string Kind { get; init; }
    public required Prediction Prediction { get; init; }

    /// <summary>Whether the network is shown an earlier estimate beside x_t.</summary>
    public bool HasMemory => Kind is Dddm or Udddm;

    public DistanceSettings Loss { get; init; } = new();

    /// <summary>DDPM: how the bound is used by a network that learns its variance; null for one that does not.</summary>
    public BoundUse? Bound { get; init; }

    /// <summary>How the bound's term of the decoder computes the mass of a level.</summary>
    public NormalCdf BoundCdf { get; init; }

    /// <summary>DDDM: probability that a sample's memory is replaced by fresh noise for one step. 0 is the published recipe.</summary>
    public double MemoryRefresh { get; init; }

    /// <summary>DDDM: where a memory that is not refreshed comes from.</summary>
    public MemorySource MemorySource { get; init; }

    public MemoryStorage MemoryStorage { get; init; }

    /// <summary>DDDM: the share m of a stored memory that stays, X = m X + (1 - m) estimate. 0 is the published recipe.</summary>
    public double MemoryMomentum { get; init; }

    /// <summary>DDDM: the consistency target, or null for the published recipe.</summary>
    public ConsistencySettings? Consistency { get; init; }

    /// <summary>DDDM: the walk that is distilled, or null for the published recipe.</summary>
    public WalkTargetSettings? WalkTarget { get; init; }

    /// <summary>Progressive distillation: the chain; null for every other objective.</summary>
    public ProgressiveSettings? Chain { get; init; }

    /// <summary>Consistency training: its times; null for every other objective.</summary>
    public ConsistencyTrainingSettings? ConsistencyTraining { get; init; }
}

/// <summary>What the variational bound does for a network that learns its variance (Nichol and Dhariwal 2021).</summary>
internal enum BoundUse
{
    /// <summary>It teaches the variance, beside the loss of a network that does not learn one (L_hybrid, eq. 16).</summary>
    Hybrid,

    /// <summary>It is the whole loss, at times drawn by importance (L_vlb, eq. 18).</summary>
    Vlb,
}

/// <summary>Where the memory of a training sample comes from.</summary>
internal enum MemorySource
{
    /// <summary>The estimate of the same image an epoch ago (the published recipe).</summary>
    Stored,

    /// <summary>The network's own estimate at the same x_t from a noise memory: self-conditioning (Chen et al. 2023, Analog Bits).</summary>
    Own,
}

/// <summary>How a memory row is kept.</summary>
internal enum MemoryStorage { UInt8, Float16, Float32 }

/// <summary>Distance between an estimate and its target, averaged over pixels and batch.</summary>
internal sealed record DistanceSettings
{
    public const string Mse = "mse", PseudoHuber = "pseudo-huber", PseudoLpips = "pseudo-lpips";

    public string Kind { get; init; } = Mse;

    /// <summary>c of sqrt(d^2 + c^2) - c, or of sqrt(L + c^2) - c.</summary>
    public double C { get; init; } = 1.4e-4;

    /// <summary>Whether d is the norm of a whole image's difference (iCT) instead of one pixel's (DDDM).</summary>
    public bool PerImage { get; init; }

    /// <summary>Pseudo-LPIPS: whether the perceptual distance L is squared under the root.</summary>
    public bool Squared { get; init; }

    /// <summary>Pseudo-LPIPS: side to which both images are resized for the network; 0 leaves them as they are, null is as published.</summary>
    public int? Resize { get; init; }

    /// <summary>That side for images of a size; as published, 224 for what is below 256.</summary>
    public int ResizeOf(int imageSize) => Resize ?? (imageSize < 256 ? 224 : 0);

    /// <summary>What an image's distance counts.</summary>
    public LossWeighting Weighting { get; init; }

    /// <summary>Cap of the signal-to-noise ratio in <see cref="LossWeighting.MinSnr"/>.</summary>
    public double Gamma { get; init; } = 5;
}

/// <summary>Weight of an image's distance, by its time.</summary>
internal enum LossWeighting
{
    None,

    /// <summary>min(SNR, gamma) of the squared error of x_0, whatever the network names (Hang et al. 2023, Min-SNR).</summary>
    MinSnr,

    /// <summary>SNR + 1 = 1 / sigma_t^2: of the squared error of x_0 it makes that of v (Salimans and Ho 2022).</summary>
    SnrPlusOne,

    /// <summary>max(SNR, 1) of the squared error of x_0: the larger of the errors of x_0 and of the noise (Salimans and Ho 2022, section 4).</summary>
    TruncatedSnr,
}

/// <summary>
/// Consistency target: the network's own estimate from the same noise at an earlier time t - gap, without gradient.
/// The gap shrinks geometrically over the run from <see cref="GapStart"/> to <see cref="GapEnd"/> (shares of T);
/// where t - gap is 0 or less the target is the image.
/// </summary>
internal sealed record ConsistencySettings
{
    public double GapStart { get; init; } = 1;
    public double GapEnd { get; init; } = 0.05;

    /// <summary>Share of the batch that is trained at t = T.</summary>
    public double ShareAtEnd { get; init; } = 0.25;

    /// <summary>Whether the moving average of the weights gives the target instead of the weights themselves.</summary>
    public bool FromAverage { get; init; }
}

/// <summary>Distillation of the walk: some of the images learn to step as far as a frozen teacher does in several steps.</summary>
internal sealed record WalkTargetSettings
{
    /// <summary>The teacher; a version of <see cref="TrainingJobReader.NewestVersion"/> is settled when the run begins.</summary>
    public required ParentReference Teacher { get; init; }

    /// <summary>Evaluations of the walks to learn.</summary>
    public required IReadOnlyList<int> Evaluations { get; init; }

    /// <summary>Steps of the teacher for one of the walk.</summary>
    public int Substeps { get; init; } = 4;

    /// <summary>
    /// Scale of classifier-free guidance that the teacher walks with: the student has its pictures without the second
    /// evaluation (Meng et al. 2023, section 3, at one scale). 1 is none.
    /// </summary>
    public double Guidance { get; init; } = 1;

    /// <summary>Share of the images that are on a walk; the others are trained at uniform t on themselves.</summary>
    public double Share { get; init; } = 1;
}

internal sealed record OptimizerSettings
{
    public double LearningRate { get; init; } = 1e-3;
    public double Beta1 { get; init; } = 0.9;
    public double Beta2 { get; init; } = 0.999;
    public double Epsilon { get; init; } = 1e-8;
    public double WeightDecay { get; init; }

    /// <summary>Steps of linear warm-up.</summary>
    public int Warmup { get; init; }

    /// <summary>How the learning rate goes on after the warm-up.</summary>
    public RateDecay Decay { get; init; }

    /// <summary>Learning rate at the end as a share of the full one, for the decays that end; 1 keeps it constant.</summary>
    public double FinalShare { get; init; } = 1;

    /// <summary>Largest norm of the whole gradient; 0 does not clip.</summary>
    public double ClipNorm { get; init; }

    /// <summary>Parts that a batch is computed in, one after the other, before the one step: memory for time, the result is the same.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>Whether activations are computed again on the way back instead of kept: memory for time, the result is the same up to rounding.</summary>
    public bool GradientCheckpoint { get; init; }
}

/// <summary>Learning rate after the warm-up.</summary>
internal enum RateDecay
{
    /// <summary>Half a cosine down to the final share.</summary>
    Cosine,

    /// <summary>A straight line down to the final share.</summary>
    Linear,

    /// <summary>The full rate to the end.</summary>
    Constant,

    /// <summary>The full rate times sqrt(w / n) in step n = w, w + 1, ..., w the steps of the warm-up (Vaswani et al. 2017).</summary>
    InverseSqrt,
}

/// <summary>Rule of the exponential moving average e &lt;- r e + (1 - r) w.</summary>
internal enum AverageRule
{
    /// <summary>r = min(decay, (1 + n) / (10 + n)) for the n-th update: early weights are forgotten fast.</summary>
    WarmUp,

    /// <summary>r = decay.</summary>
    Constant,

    /// <summary>A copy for the first 100 updates, then r = min(decay, 1 - (1 + k)^(-2/3)), k counted from there.</summary>
    Power,
}

/// <summary>The moving average of the weights.</summary>
internal sealed record AverageSettings
{
    public AverageRule Rule { get; init; }

    /// <summary>Upper end of r.</summary>
    public double Decay { get; init; } = 0.9999;

    /// <summary>Steps from one update to the next.</summary>
    public int Every { get; init; } = 1;
}

/// <summary>Changes of a training image, drawn anew each time it is seen. Images that figures are measured against are never changed.</summary>
internal sealed record AugmentationSettings
{
    /// <summary>Probability of being mirrored left to right.</summary>
    public double Flip { get; init; }

    /// <summary>Largest turn to either side, degrees. What comes in over the edge is the image reflected there.</summary>
    public double Rotate { get; init; }

    /// <summary>Brightness is multiplied by a factor in 1 - b .. 1 + b.</summary>
    public double Brightness { get; init; }

    /// <summary>Contrast about the mean grey is multiplied by a factor in 1 - c .. 1 + c.</summary>
    public double Contrast { get; init; }

    /// <summary>Whether a picture can be brought back exactly from what was done to it.</summary>
    public bool IsReversible => Rotate == 0 && Brightness == 0 && Contrast == 0;
}

internal sealed record CadenceSettings
{
    public int Checkpoint { get; init; } = 500;
    public int Sample { get; init; }
    public int Publish { get; init; }

    /// <summary>0 for a run that is never validated.</summary>
    public int Validate { get; init; }

    public int Log { get; init; } = 10;
}
