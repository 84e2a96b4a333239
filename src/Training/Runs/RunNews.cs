namespace Diffusion.Training.Runs;

/// <summary>Moments of a run that others want to know of.</summary>
internal enum RunMoment
{
    /// <summary>Training begins at this step.</summary>
    Began,

    /// <summary>A resume point is on the disk.</summary>
    Saved,

    /// <summary>A grid of samples is on the disk.</summary>
    Sampled,

    /// <summary>A version is published.</summary>
    Published,
}

/// <summary>What a run tells while it goes on, on its own thread.</summary>
/// <param name="Moment">What.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps of the whole run.</param>
/// <param name="Version">The version that was published, or null.</param>
internal readonly record struct RunNews(RunMoment Moment, int Step, int Steps, int? Version = null);
