namespace Diffusion.Training.Jobs;

/// <summary>Improved consistency training (Song and Dhariwal 2024): between which times, how often and how much.</summary>
internal sealed record ConsistencyTrainingSettings
{
    /// <summary>s_0: pairs of neighbouring times at the beginning.</summary>
    public int InitialSteps { get; init; } = 10;

    /// <summary>s_1: pairs at the end, at most T - 1.</summary>
    public int FinalSteps { get; init; } = 1280;

    /// <summary>Mean of ln(sigma / alpha) in the distribution of the times.</summary>
    public double LogMean { get; init; } = -1.1;

    /// <summary>Its standard deviation.</summary>
    public double LogDeviation { get; init; } = 2;

    /// <summary>What the gap between two times is measured in.</summary>
    public TimeGap Gap { get; init; }
}

/// <summary>A distance between two times; a loss counts 1 over it.</summary>
internal enum TimeGap
{
    /// <summary>Of atan(sigma / alpha), which ends at pi/2 however little is left of the image. The same as of sigma / alpha where noise is little.</summary>
    Angle,

    /// <summary>Of sigma / alpha, as published for variance that explodes.</summary>
    Sigma,
}
