using System.Text;
using Diffusion.Checkpoints;
using Diffusion.Training.Commands;
using Diffusion.Training.Loop;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.Runs;

/// <summary>
/// Trains the jobs of the queue, one at a time, each on a thread of its own. When the service stops, the running job
/// finishes its step, saves, and goes on at the next start.
/// </summary>
internal sealed partial class TrainingService(TrainingQueue queue, IOptions<TrainingOptions> options, TimeProvider time, ILogger<TrainingService> logger)
    : BackgroundService
{
    /// <summary>Progress of the running job, or null.</summary>
    public TrainingProgress? Progress { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var (job, cancelled) = await queue.TakeAsync(stop);
            await TrainAsync(job, cancelled);
            Progress = null;
        }
    }

    private async Task TrainAsync(QueuedJob job, CancellationToken cancelled)
    {
        Started(job.Id, job.Name);
        try
        {
            var store = new CheckpointStore(options.Value.Models, time);
            var run = new TrainingRun(Encoding.UTF8.GetBytes(job.Job), options.Value, store, time) { Report = progress => Progress = progress };
            var outcome = await DedicatedThread.Run($"training {job.Name}", () => run.Execute(cancelled));
            if (!outcome.Finished) Stopped(job.Id, outcome.Steps);
            else
            {
                queue.Finish(job.Id, QueuedJobState.Succeeded, outcome.Version);
                Finished(job.Id, outcome.Model, outcome.Version);
            }
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // one job must not end the service: the next one may be sound
            queue.Finish(job.Id, QueuedJobState.Failed, error: failure.Message);
            Failed(failure, job.Id);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Training job {Id} ({Name}) started.")]
    private partial void Started(string id, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Training job {Id} stopped after step {Step}; its state is saved.")]
    private partial void Stopped(string id, int step);

    [LoggerMessage(Level = LogLevel.Information, Message = "Training job {Id} finished: {Model} version {Version}.")]
    private partial void Finished(string id, string model, int? version);

    [LoggerMessage(Level = LogLevel.Error, Message = "Training job {Id} failed.")]
    private partial void Failed(Exception failure, string id);
}
