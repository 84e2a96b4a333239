using System.ComponentModel.DataAnnotations;

namespace Diffusion.Training.EvaluationJobs;

/// <summary>How versions are measured. Bound from the section <c>Evaluation</c>.</summary>
public sealed class EvaluationOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Evaluation";

    /// <summary>TorchScript file of a feature network; empty measures in the features of the classifier. It is code, and runs with the rights of the service.</summary>
    public string FeatureNetwork { get; set; } = "";

    /// <summary>TorchScript file of a detector; empty has no detection rate. It is code, too.</summary>
    public string Detector { get; set; } = "";

    /// <summary>Side to which images are resized for the detector; 0 leaves them as they are.</summary>
    [Range(0, 4096)] public int DetectorSize { get; set; }

    /// <summary>The lowest confidence of a detection that counts.</summary>
    [Range(0.0, 1.0)] public double DetectorConfidence { get; set; } = 0.8;

    /// <summary>Evaluations that may wait at a time.</summary>
    [Range(1, 10_000)] public int QueueLength { get; set; } = 32;

    /// <summary>Evaluations that are over and kept; the oldest are forgotten first. What they measured stays with the version.</summary>
    [Range(1, 100_000)] public int Keep { get; set; } = 1000;

    /// <summary>Samples of one point at most.</summary>
    [Range(2, 1_000_000)] public int MaxSamples { get; set; } = 50_000;

    /// <summary>Pictures asked of the engine at a time: what somebody who comes meanwhile finds before him.</summary>
    [Range(1, 4096)] public int BatchPictures { get; set; } = 32;

    /// <summary>Share of a busy engine, against a client's 1.</summary>
    [Range(0.001, 1000.0)] public double Weight { get; set; } = 0.05;

    /// <summary>How long the next pictures wait while others use the engine, so that an evaluation gets on at last under any load.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);
}
