using System.Text;
using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Training.Jobs;

namespace Diffusion.Training.Runs;

/// <summary>Versions that jobs which are not over begin with or learn from; without them a job could not start, or not go on.</summary>
public static class NeededVersions
{
    /// <summary>Model, version, and the reason in a few words.</summary>
    public static IEnumerable<(string Model, int Version, string Reason)> Of(TrainingQueue queue, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(queue);
        return Of(queue.Jobs, options);
    }

    /// <summary>The same of a state folder, whether a service has it open or not.</summary>
    public static IEnumerable<(string Model, int Version, string Reason)> OfState(TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var queue = Path.Combine(options.State, "queue");
        return Directory.Exists(queue) ? Of(Directory.EnumerateFiles(queue, "*.json").Select(Read), options) : [];
    }

    private static QueuedJob Read(string path) =>
        JsonSerializer.Deserialize<QueuedJob>(File.ReadAllBytes(path), JsonSerializerOptions.Web) ?? throw new InvalidDataException($"{path} is empty.");

    private static IEnumerable<(string Model, int Version, string Reason)> Of(IEnumerable<QueuedJob> jobs, TrainingOptions options)
    {
        foreach (var queued in jobs.Where(j => !j.IsOver))
        {
            if (TrainingJobReader.Read(Encoding.UTF8.GetBytes(queued.Job)) is not DenoiserJob job) continue;
            var run = Path.Combine(options.State, "runs", job.Name);
            foreach (var (wanted, settled) in new[] { (job.InitialFrom, "parent.json"), (job.Objective.WalkTarget?.Teacher ?? job.Objective.Chain?.Teacher, "teacher.json") })
                if (wanted is not null && Version(wanted, Path.Combine(run, settled)) is { } needed) yield return (needed.Model, needed.Version, $"job {queued.Id} needs it");
        }
    }

    // a run settles its versions when it begins; before that, one that is named by number is needed too
    private static ParentReference? Version(ParentReference wanted, string settled) =>
        File.Exists(settled) ? JsonSerializer.Deserialize<ParentReference>(File.ReadAllBytes(settled))
        : wanted.Version == TrainingJobReader.NewestVersion ? null : wanted;
}
