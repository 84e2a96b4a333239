using System.Text;
using Diffusion.Checkpoints;
using Diffusion.Training.Commands;
using Diffusion.Training.Files;
using Diffusion.Training.Live;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.Runs;

/// <summary>
/// Trains the jobs of the queue, one at a time, each on a thread of its own. When the service stops, the running job
/// finishes its step, saves, and goes on at the next start.
/// </summary>
internal sealed partial class TrainingService(TrainingQueue queue, JobNews news, IOptions<TrainingOptions> options, TimeProvider time, ILogger<TrainingService> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var run = await WrittenAsync(() => queue.TakeAsync(stop), stop);
            await TrainAsync(run, queue.Find(run.Id)!, stop);
        }
    }

    private async Task TrainAsync(ActiveRun active, QueuedJob job, CancellationToken stop)
    {
        Started(job.Id, job.Name);
        Action settle;
        try
        {
            var store = new CheckpointStore(options.Value.Models, time);
            var run = new TrainingRun(Encoding.UTF8.GetBytes(job.Job), options.Value, store, time) { JobId = job.Id, Report = Show, Tell = Note, Orders = active.Orders };
            var outcome = await DedicatedThread.Run($"training {job.Name}", () => run.Execute(active.Stop));
            if (outcome.Finished) Finished(job.Id, outcome.Model, outcome.Version);
            else Stopped(job.Id, outcome.Steps);
            settle = outcome.Finished ? () => queue.Finish(active, QueuedJobState.Succeeded, outcome.Steps) : () => queue.Stopped(active, outcome.Steps);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // one job must not end the service: the next one may be sound
            Failed(failure, job.Id);
            settle = () => queue.Finish(active, QueuedJobState.Failed, error: failure.Message);
        }
        await WrittenAsync(() =>
        {
            settle();
            return Task.FromResult(true);
        }, stop);

        void Show(Loop.TrainingProgress progress)
        {
            active.Progress = progress;
            news.Tell(job.Id);
        }

        void Note(RunNews told)
        {
            queue.Note(job.Id, told);
            if (told is { Moment: RunMoment.Began, Step: > 0 }) Resumed(job.Id, told.Step);
        }
    }

    private Task<T> WrittenAsync<T>(Func<Task<T>> write, CancellationToken stop) =>
        new Insistence<TrainingRecordException>(Pause, time, failure => NotWritten(failure, Pause)).WrittenAsync(write, stop);

    [LoggerMessage(Level = LogLevel.Information, Message = "Training job {Id} ({Name}) started.")]
    private partial void Started(string id, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Training job {Id} goes on from step {Step}.")]
    private partial void Resumed(string id, int step);

    [LoggerMessage(Level = LogLevel.Information, Message = "Training job {Id} stopped after step {Step}; its state is saved.")]
    private partial void Stopped(string id, int step);

    [LoggerMessage(Level = LogLevel.Information, Message = "Training job {Id} finished: {Model} version {Version}.")]
    private partial void Finished(string id, string model, int? version);

    [LoggerMessage(Level = LogLevel.Error, Message = "Training job {Id} failed.")]
    private partial void Failed(Exception failure, string id);

    [LoggerMessage(Level = LogLevel.Error, Message = "The queue of training jobs cannot be written; tried again in {Pause}.")]
    private partial void NotWritten(Exception failure, TimeSpan pause);
}
