using Diffusion.Training.Data;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;

namespace Diffusion.Training.Runs;

/// <summary>What is known of a job before it starts.</summary>
/// <param name="Objective">What is learned.</param>
/// <param name="MemoryBytes">Bytes of the files that keep the memory of DDDM.</param>
internal sealed record AdmittedJob(string Objective, long MemoryBytes);

/// <summary>Looks whether a job could start now: its images are there and fit, and its name is free.</summary>
internal sealed class JobAdmission(TrainingOptions options)
{
    private const int LongestName = 64;

    /// <param name="job">The job.</param>
    /// <param name="file">Its file.</param>
    /// <param name="namesake">A job of the same name that is not over, or null.</param>
    /// <exception cref="TrainingJobException">It could not; every field is named.</exception>
    public AdmittedJob Admit(TrainingJob job, byte[] file, QueuedJob? namesake)
    {
        var problems = new List<string>();
        var run = new RunFiles(RunFiles.PathOf(options, job.Name));
        if (namesake is not null) problems.Add($"name: job {namesake.Id} of that name is not over; give this one another name.");
        else if (File.Exists(run.Job) && !File.ReadAllBytes(run.Job).AsSpan().SequenceEqual(file)) problems.Add($"name: '{job.Name}' is the run of another job file; give this one another name.");
        if (PerceptualFile.Problem(job, options) is { } missing) problems.Add(missing);
        long memory = 0;
        if (Manifest(job.Data) is not { } set) problems.Add($"data: there is no image set '{job.Data}' that can be used; import it first.");
        else
        {
            problems.AddRange(ImageFit.Problems(job, set));
            memory = ImageFit.MemoryBytes(job, set);
        }
        return problems.Count == 0 ? new AdmittedJob(KindOf(job), memory) : throw new TrainingJobException(problems);
    }

    private static string KindOf(TrainingJob job) => job switch
    {
        DenoiserJob denoiser => denoiser.Objective.Kind,
        NoisyClassifierJob => NoisyClassifierJob.Kind,
        _ => ClassifierJob.Kind,
    };

    /// <summary>The name of a run like another one: NAME-2, NAME-3.</summary>
    public string FreeName(string like, IEnumerable<string> taken)
    {
        var names = taken.ToHashSet(StringComparer.Ordinal);
        var dash = like.LastIndexOf('-');
        var stem = dash > 0 && like.AsSpan(dash + 1).IndexOfAnyExceptInRange('0', '9') < 0 ? like[..dash] : like;
        for (var number = 2; ; number++)
        {
            var ending = $"-{number}";
            var name = stem[..Math.Min(stem.Length, LongestName - ending.Length)] + ending;
            if (!names.Contains(name) && !Directory.Exists(RunFiles.PathOf(options, name))) return name;
        }
    }

    private ImageSetManifest? Manifest(string set)
    {
        try
        {
            return ImageSetManifest.Read(Path.Combine(options.Data, set)) is { } manifest && manifest.Splits.ContainsKey("train") ? manifest : null;
        }
        catch (Exception wrong) when (wrong is DamagedDataException or IOException or ArgumentException)
        {
            return null;
        }
    }
}
