using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Training.Data;
using Diffusion.Training.Evaluation;
using Diffusion.Training.Files;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Diffusion.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Runs;

/// <summary>Makes versions of a classifier that guides, each with its accuracy against the noise level in <c>report.json</c> and the manifest.</summary>
internal sealed class NoisyClassifierTrainee : ITrainee
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly NoisyClassifierJob job;
    private readonly RunFolder folder;
    private readonly CheckpointStore store;
    private readonly ImageSet images;
    private readonly TrainingOptions options;
    private readonly NoiseSchedule schedule;
    private readonly Device device;
    private readonly NoisyClassifier network, average;
    private readonly PublishedNote published;

    public NoisyClassifierTrainee(NoisyClassifierJob job, RunFolder folder, CheckpointStore store, ImageSet images, TrainingOptions options, Device device)
    {
        (this.job, this.folder, this.store, this.images, this.options, this.device) = (job, folder, store, images, options, device);
        published = new PublishedNote(folder, store, job.Model);
        schedule = ScheduleCatalogue.Create(job.Schedule.Name, job.Schedule.Steps);
        network = new NoisyClassifier(job.Network, job.Seed, schedule).to(device);
        average = new NoisyClassifier(job.Network, job.Seed, schedule).to(device);
        Objective = new NoisyClassifierObjective(network, average, device);
        Forward = new ForwardProcess(schedule, ShareAtEnd: 0, LabelDrop: 0, job.Network.NullLabel);
    }

    /// <summary>The job's id in the queue; null for a run in the foreground.</summary>
    public string? JobId { get; init; }

    public nn.Module Network => network;

    public nn.Module Average => average;

    public IObjective Objective { get; }

    public ForwardProcess? Forward { get; }

    public void Sample(int step) { }

    public int? Publish(int step, long seen)
    {
        if (published.Find(step, seen, average) is { } before) return before;
        var accuracy = Accuracy();
        var report = new { model = job.Model, data = job.Data, imagesSeen = seen, seed = job.Seed, schedule = job.Schedule, chance = 1.0 / job.Network.Classes!.Value, accuracy };
        var version = store.Publish(job.Model, _ => Manifest(seen, accuracy), into =>
        {
            SafeTensors.Write(Path.Combine(into, CheckpointVersion.WeightsFile), NetworkWeights.ToSafeTensors(average.state_dict()));
            File.Copy(folder.Job, Path.Combine(into, "job.json"));
            File.WriteAllBytes(Path.Combine(into, "report.json"), JsonSerializer.SerializeToUtf8Bytes(report, Indented));
            if (File.Exists(folder.Metrics)) File.Copy(folder.Metrics, Path.Combine(into, "curve.ndjson"));
        });
        published.Write(step, version.Manifest.Version);
        return version.Manifest.Version;
    }

    public void Dispose()
    {
        Objective.Dispose();
        network.Dispose();
        average.Dispose();
    }

    // on images that are not trained on; a set without such images has no such figures
    private SortedDictionary<string, double> Accuracy()
    {
        if (images.Manifest.Splits.GetValueOrDefault(Validation.Split) == 0) return [];
        using var unseen = ImageSet.Open(Path.Combine(options.Data, job.Data), Validation.Split);
        return NoisyAccuracy.Measure(average, schedule, unseen, job.Seed, device);
    }

    private CheckpointManifest Manifest(long seen, IReadOnlyDictionary<string, double> accuracy) => new()
    {
        Model = job.Model,
        Version = 0,
        Created = default,
        Network = job.Network,
        Prediction = Prediction.Epsilon,
        Schedule = job.Schedule,
        Objective = NoisyClassifierJob.Kind,
        Data = images.Reference,
        Labels = images.Manifest.Classes,
        ImagesSeen = seen,
        Seed = job.Seed,
        Job = new JobReference(job.Name, DurableFile.Digest(folder.Job).Sha256, JobId),
        Metrics = accuracy,
    };
}
