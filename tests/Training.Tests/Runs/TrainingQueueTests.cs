using System.Text;
using Diffusion.Testing;
using Diffusion.Training.Jobs;
using Diffusion.Training.Runs;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.Tests.Runs;

public sealed class TrainingQueueTests : IDisposable
{
    private static readonly string Good = Encoding.UTF8.GetString(TinyJob.File(TinyJob.Ddpm));

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Take_ServesInTheOrderOfArrival()
    {
        var queue = Open();
        var (first, second) = (queue.Submit(Good), queue.Submit(Good));
        Assert.Equal(first.Id, (await queue.TakeAsync(CancellationToken.None)).Job.Id);
        queue.Finish(first.Id, QueuedJobState.Succeeded, version: 3);
        Assert.Equal(second.Id, (await queue.TakeAsync(CancellationToken.None)).Job.Id);
        Assert.Equal((QueuedJobState.Succeeded, 3), (queue.Find(first.Id)!.State, queue.Find(first.Id)!.Version));
    }

    [Fact]
    public async Task Reopened_RunningJob_ComesFirstAndWaitingOnesFollow()
    {
        var queue = Open();
        var (done, running, waiting) = (queue.Submit(Good), queue.Submit(Good), queue.Submit(Good));
        await queue.TakeAsync(CancellationToken.None);
        queue.Finish(done.Id, QueuedJobState.Failed, error: "no");
        await queue.TakeAsync(CancellationToken.None);

        var reopened = Open();
        Assert.Equal("no", reopened.Find(done.Id)!.Error);
        Assert.Equal(running.Id, (await reopened.TakeAsync(CancellationToken.None)).Job.Id);
        reopened.Finish(running.Id, QueuedJobState.Succeeded);
        Assert.Equal(waiting.Id, (await reopened.TakeAsync(CancellationToken.None)).Job.Id);
        Assert.Equal(Good, reopened.Find(waiting.Id)!.Job);
    }

    [Fact]
    public async Task Cancel_RunningJob_SetsItsTokenAndStaysCancelled()
    {
        var queue = Open();
        var job = queue.Submit(Good);
        var (_, cancelled) = await queue.TakeAsync(CancellationToken.None);
        Assert.True(queue.Cancel(job.Id));
        Assert.True(cancelled.IsCancellationRequested);
        queue.Finish(job.Id, QueuedJobState.Succeeded);
        Assert.Equal(QueuedJobState.Cancelled, Open().Find(job.Id)!.State);
        Assert.False(queue.Cancel(job.Id));
    }

    [Fact]
    public async Task Cancel_WaitingJob_IsNeverTaken()
    {
        var queue = Open();
        var (first, second) = (queue.Submit(Good), queue.Submit(Good));
        queue.Cancel(first.Id);
        Assert.Equal(second.Id, (await queue.TakeAsync(CancellationToken.None)).Job.Id);
    }

    [Fact]
    public async Task Take_Stopped_EndsTheWait() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Open().TakeAsync(new CancellationToken(canceled: true)));

    [Fact]
    public void Submit_WrongJob_IsRefusedAndNotKept()
    {
        var queue = Open();
        Assert.Throws<TrainingJobException>(() => queue.Submit("{}"));
        Assert.Empty(queue.Jobs);
    }

    [Fact]
    public void Submit_FullQueue_IsRefused()
    {
        var queue = Open(length: 2);
        queue.Submit(Good);
        queue.Submit(Good);
        Assert.Throws<TrainingQueueFullException>(() => queue.Submit(Good));
        Assert.Equal(2, Open().Jobs.Count);
    }

    private TrainingQueue Open(int length = 10) => new(Options.Create(new TrainingOptions { State = folder.Path, QueueLength = length }), TimeProvider.System);
}
