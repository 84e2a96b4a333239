using System.Globalization;
using Diffusion.Checkpoints;
using Diffusion.Guidance;
using Diffusion.Networks;
using Diffusion.Training.Commands;
using Diffusion.Training.Evaluation;
using Diffusion.Training.Files;
using Diffusion.Training.Runs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.EvaluationJobs;

/// <summary>
/// Measures the evaluations of the queue, one at a time: has the pictures of a point drawn, measures them on a thread of its own, and
/// attaches the figures to the version. When the service stops or dies, the next one goes on with the pictures that are there.
/// </summary>
internal sealed partial class EvaluationService(
    EvaluationQueue queue, EvaluationNetworks networks, DrawSamples draw, CheckpointStore store, IOptions<EvaluationOptions> options, TimeProvider time, ILogger<EvaluationService> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var active = await WrittenAsync(() => queue.TakeAsync(stop), stop);
            await MeasureAsync(active, stop);
        }
    }

    private async Task MeasureAsync(ActiveEvaluation active, CancellationToken stop)
    {
        var record = queue.Find(active.Id)!;
        Began(record.Id, record.Plan.Model, record.Plan.Version);
        EvaluationState? end = EvaluationState.Succeeded;
        string? error = null;
        var folder = Path.Combine(queue.Folder, record.Id);
        try
        {
            var version = store.Find(record.Plan.Model, record.Plan.Version.ToString(CultureInfo.InvariantCulture))
                ?? throw new EvaluationException($"Version {record.Plan.Version} of '{record.Plan.Model}' is gone.");
            for (var point = 0; point < record.Points.Count; point++)
            {
                if (record.Points[point].Metrics is null) record = await MeasureAsync(active, record, version, point, Path.Combine(folder, $"{point}"));
                Attach(record, point);
            }
        }
        catch (OperationCanceledException) when (active.Stop.IsCancellationRequested)
        {
            end = null; // cancelled, or goes on at the next start
        }
        catch (Exception failure)
        {
            // one evaluation must not end the service: the next one may be sound
            Failed(failure, record.Id);
            (end, error) = (EvaluationState.Failed, failure.Message);
        }
        await WrittenAsync(() =>
        {
            queue.Leave(active, end, error);
            return Task.FromResult(true);
        }, stop);
        if (queue.Find(active.Id) is null or { IsOver: true } && Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Ended(active.Id, queue.Find(active.Id)?.State);
    }

    private async Task<EvaluationRecord> MeasureAsync(ActiveEvaluation active, EvaluationRecord record, CheckpointVersion version, int number, string folder)
    {
        var (plan, point) = (record.Plan, record.Points[number]);
        long[]? labels = version.Manifest.Network.Classes is { } classes ? [.. Enumerable.Range(0, plan.Samples).Select(i => (long)(i % classes))] : null;
        var pictures = plan.DrawsPictures ? await DrawAsync(active, plan, point, version.Manifest.Network, labels, folder) : [];
        var measured = await DedicatedThread.Run("evaluation", () => networks.Measure(plan, point, version, pictures, labels, active.Stop));
        var noted = await WrittenAsync(() => Task.FromResult(queue.Note(record.Id, number, measured.Figures, Settings(plan, point, measured.Description))), active.Stop);
        Measured(record.Id, point.Sampler, point.Steps);
        return noted;
    }

    private async Task<float[]> DrawAsync(ActiveEvaluation active, EvaluationPlan plan, EvaluationPoint point, UNetConfig network, long[]? labels, string folder)
    {
        var lots = new SampleChunks(folder, plan.Samples, network.Channels * network.ImageSize * network.ImageSize);
        while (lots.Done < plan.Samples)
        {
            active.Pictures = lots.Done;
            var count = Math.Min(options.Value.BatchPictures, plan.Samples - lots.Done);
            int[] asked = labels is null ? [] : [.. labels.Skip(lots.Done).Take(count).Select(l => (int)l)];
            lots.Add(await draw(new SampleOrder(plan.Model, plan.Version, point.Sampler, point.Steps, point.Options, point.Guidance, plan.Seed, lots.Done, asked, count) { Steering = point.Steering }, active.Stop));
        }
        active.Pictures = lots.Done;
        return lots.Values;
    }

    private Dictionary<string, string> Settings(EvaluationPlan plan, EvaluationPoint point, IReadOnlyDictionary<string, string> description)
    {
        var settings = new Dictionary<string, string>(description, StringComparer.Ordinal)
        {
            ["sampler"] = point.Sampler,
            ["steps"] = point.Steps.ToString(CultureInfo.InvariantCulture),
            ["guidance"] = point.Guidance.ToString(CultureInfo.InvariantCulture),
            ["samples"] = plan.Samples.ToString(CultureInfo.InvariantCulture),
            ["seed"] = plan.Seed.ToString(CultureInfo.InvariantCulture),
            ["data"] = plan.Data,
            ["split"] = plan.Split,
        };
        foreach (var (name, value) in point.Options) settings[$"option.{name}"] = value;
        foreach (var (name, value) in Settings(point.Steering)) settings[name] = value;
        return settings;
    }

    /// <summary>What steered the pictures, and nothing of what did not.</summary>
    private IEnumerable<(string Name, string Value)> Settings(Steering steering)
    {
        if (steering.GuidanceRescale > 0) yield return ("guidanceRescale", steering.GuidanceRescale.ToString(CultureInfo.InvariantCulture));
        if (steering.GuidanceParallel < GuidanceProjection.Whole) yield return ("guidanceParallel", steering.GuidanceParallel.ToString(CultureInfo.InvariantCulture));
        if (steering.DynamicThreshold is { } share) yield return ("dynamicThreshold", share.ToString(CultureInfo.InvariantCulture));
        if (steering.Classifier is not { } guiding) yield break;
        yield return (SteeringReader.Guiding, guiding.Reference);
        if (store.Find(guiding.Model, guiding.Version.ToString(CultureInfo.InvariantCulture)) is { } version) yield return ($"{SteeringReader.Guiding}Sha256", version.Manifest.Files[CheckpointVersion.WeightsFile].Sha256);
        yield return ("classifierScale", guiding.Scale.ToString(CultureInfo.InvariantCulture));
    }

    // again after a crash in between: the same result twice is one
    private void Attach(EvaluationRecord record, int number)
    {
        var point = record.Points[number];
        store.Attach(record.Plan.Model, record.Plan.Version, new VersionResult { Id = $"{record.Id}.{number}", Metrics = point.Metrics!, Settings = point.Settings! });
    }

    private Task<T> WrittenAsync<T>(Func<Task<T>> write, CancellationToken stop) =>
        new Insistence<TrainingRecordException>(Pause, time, failure => NotWritten(failure, Pause)).WrittenAsync(write, stop);

    [LoggerMessage(Level = LogLevel.Information, Message = "Evaluation {Id} of {Model} version {Version} began or goes on.")]
    private partial void Began(string id, string model, int version);

    [LoggerMessage(Level = LogLevel.Information, Message = "Evaluation {Id}: {Sampler} at {Steps} steps is measured.")]
    private partial void Measured(string id, string sampler, int steps);

    [LoggerMessage(Level = LogLevel.Information, Message = "Evaluation {Id} stopped: {State}.")]
    private partial void Ended(string id, EvaluationState? state);

    [LoggerMessage(Level = LogLevel.Error, Message = "Evaluation {Id} failed.")]
    private partial void Failed(Exception failure, string id);

    [LoggerMessage(Level = LogLevel.Error, Message = "The queue of evaluations cannot be written; tried again in {Pause}.")]
    private partial void NotWritten(Exception failure, TimeSpan pause);
}
