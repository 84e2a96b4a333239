using System.Text;
using Diffusion.Testing;
using Diffusion.Training.Jobs;
using Diffusion.Training.Live;
using Diffusion.Training.Runs;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.Tests.Runs;

public sealed class TrainingQueueTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public TrainingQueueTests() => TinySet.Write(folder["data"]);

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Take_ServesInTheOrderOfArrival()
    {
        var queue = Open();
        var (first, second) = (queue.Submit(Good("a")), queue.Submit(Good("b")));
        var run = await queue.TakeAsync(CancellationToken.None);
        Assert.Equal(first.Id, run.Id);
        queue.Note(run.Id, new RunNews(RunMoment.Published, 9, 9, 3));
        queue.Finish(run, QueuedJobState.Succeeded, 9);
        Assert.Equal(second.Id, (await queue.TakeAsync(CancellationToken.None)).Id);
        Assert.Equal((QueuedJobState.Succeeded, 3), (queue.Find(first.Id)!.State, queue.Find(first.Id)!.Version));
    }

    [Fact]
    public async Task Take_HigherPriority_GoesFirstAndEqualsInTheOrderOfArrival()
    {
        var queue = Open();
        var (low, a, b, high) = (queue.Submit(Good("low"), -1), queue.Submit(Good("a")), queue.Submit(Good("b")), queue.Submit(Good("high"), 7));
        Assert.Equal([3, 1, 2, 0], new[] { low, a, b, high }.Select(j => queue.Ahead(j.Id)!.Value));
        queue.Prefer(b.Id, 8);
        var served = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            using var run = await queue.TakeAsync(CancellationToken.None);
            served.Add(run.Id);
            queue.Finish(run, QueuedJobState.Succeeded);
        }
        Assert.Equal([b.Id, high.Id, a.Id, low.Id], served);
        Assert.Null(queue.Ahead(a.Id));
    }

    [Fact]
    public async Task Reopened_RunningJob_ComesFirstAndWaitingOnesFollow()
    {
        var queue = Open();
        var (done, running, waiting) = (queue.Submit(Good("a")), queue.Submit(Good("b")), queue.Submit(Good("c")));
        queue.Finish(await queue.TakeAsync(CancellationToken.None), QueuedJobState.Failed, error: "no");
        await queue.TakeAsync(CancellationToken.None);
        queue.Prefer(waiting.Id, 100);

        var reopened = Open();
        Assert.Equal("no", reopened.Find(done.Id)!.Error);
        var run = await reopened.TakeAsync(CancellationToken.None);
        Assert.Equal(running.Id, run.Id);
        reopened.Finish(run, QueuedJobState.Succeeded);
        Assert.Equal(waiting.Id, (await reopened.TakeAsync(CancellationToken.None)).Id);
        Assert.Equal(Good("c"), reopened.Find(waiting.Id)!.Job);
    }

    [Fact]
    public async Task Cancel_RunningJob_StopsItAndStaysCancelled()
    {
        var queue = Open();
        var job = queue.Submit(Good("a"));
        var run = await queue.TakeAsync(CancellationToken.None);
        queue.Cancel(job.Id);
        Assert.True(run.Stop.IsCancellationRequested);
        queue.Finish(run, QueuedJobState.Succeeded);
        Assert.Equal(QueuedJobState.Cancelled, Open().Find(job.Id)!.State);
        Assert.Throws<TrainingConflictException>(() => queue.Cancel(job.Id));
    }

    [Fact]
    public async Task Cancel_WaitingJob_IsNeverTaken()
    {
        var queue = Open();
        var (first, second) = (queue.Submit(Good("a")), queue.Submit(Good("b")));
        queue.Cancel(first.Id);
        Assert.Equal(second.Id, (await queue.TakeAsync(CancellationToken.None)).Id);
    }

    [Fact]
    public async Task Pause_ResumedBeforeItsRunHasStopped_RunsAgainAfterIt()
    {
        var queue = Open();
        var job = queue.Submit(Good("a"));
        var run = await queue.TakeAsync(CancellationToken.None);
        queue.Pause(job.Id);
        Assert.True(run.Stop.IsCancellationRequested);
        Assert.Equal(QueuedJobState.Paused, Open().Find(job.Id)!.State);
        queue.Resume(job.Id);
        queue.Stopped(run, 4);
        run.Dispose();
        using var again = await queue.TakeAsync(CancellationToken.None);
        Assert.Equal((job.Id, false, 4), (again.Id, again.Stop.IsCancellationRequested, queue.Find(job.Id)!.Step));
        Assert.Equal([JobEventKind.Queued, JobEventKind.Paused, JobEventKind.Queued], queue.Find(job.Id)!.Events.Select(e => e.Kind));
        Assert.Equal([1L, 2, 3], queue.Find(job.Id)!.Events.Select(e => e.Sequence));
    }

    [Fact]
    public async Task Pause_WaitingJob_IsHeldBackOverAReopening()
    {
        var queue = Open();
        var (held, other) = (queue.Submit(Good("a")), queue.Submit(Good("b")));
        queue.Pause(held.Id);
        var reopened = Open();
        Assert.Equal(other.Id, (await reopened.TakeAsync(CancellationToken.None)).Id);
        Assert.Throws<TrainingConflictException>(() => reopened.Pause(held.Id));
        Assert.Throws<TrainingConflictException>(() => reopened.Resume(other.Id));
    }

    [Fact]
    public void Clone_WithChanges_IsAJobOfItsOwnName()
    {
        var queue = Open();
        var first = queue.Submit(Good("a"), 5);
        var patch = System.Text.Json.JsonSerializer.SerializeToElement(new { optimizer = new { learningRate = 0.5 }, labelDrop = (double?)null });
        var clone = queue.Clone(first.Id, patch, priority: null)!;
        var (was, now) = (TinyJob.Read(TinyJob.Ddpm), (DenoiserJob)TrainingJobReader.Read(Encoding.UTF8.GetBytes(clone.Job)));
        Assert.Equal(("a-2", 5, 0.5, 0), (now.Name, clone.Priority, now.Optimizer.LearningRate, now.LabelDrop));
        Assert.Equal((was.Optimizer.Warmup, was.Seed, was.Model), (now.Optimizer.Warmup, now.Seed, now.Model));
        Assert.Equal("a-3", queue.Clone(clone.Id, null, null)!.Name);
        Assert.Null(queue.Clone("none", null, null));
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
    public void Submit_ImagesThatDoNotFit_NamesEveryField()
    {
        var queue = Open();
        queue.Submit(Good("a"));
        var wrong = Good("a").Replace("\"imageSize\": 8, \"channels\": 1", "\"imageSize\": 16, \"channels\": 3", StringComparison.Ordinal);
        Assert.Equal(["name", "network.imageSize", "network.channels"], Assert.Throws<TrainingJobException>(() => queue.Submit(wrong)).Problems.Select(p => p.Split(':')[0]));
        var absent = Good("b").Replace("\"tiny\"", "\"absent\"", StringComparison.Ordinal);
        Assert.StartsWith("data: there is no image set 'absent'", Assert.Single(Assert.Throws<TrainingJobException>(() => queue.Submit(absent)).Problems), StringComparison.Ordinal);
        Assert.Single(queue.Jobs);
    }

    [Theory]
    [InlineData(TinyJob.Ddpm, 0)]
    [InlineData(TinyJob.SelfConditioned, 0)]
    // ten images of 8 x 8 numbers in each of two files
    [InlineData(TinyJob.Dddm, 2 * 10 * 64)]
    [InlineData(""" "kind": "dddm", "memoryStorage": "float16" """, 2 * 10 * 64 * 2)]
    public void Submit_MemoryOfDddm_IsToldBeforeItStarts(string objective, long bytes) =>
        Assert.Equal(bytes, Open().Submit(Encoding.UTF8.GetString(TinyJob.File(objective))).MemoryBytes);

    [Fact]
    public void Submit_PerceptualLossWithoutANetwork_NamesTheField() =>
        Assert.StartsWith("objective.loss.kind: pseudo-lpips needs a perceptual network", Assert.Single(Assert.Throws<TrainingJobException>(() => Open().Submit(Encoding.UTF8.GetString(TinyJob.File(TinyJob.Perceptual)))).Problems), StringComparison.Ordinal);

    [Fact]
    public void Submit_FullQueue_IsRefused()
    {
        var queue = Open(length: 2);
        queue.Submit(Good("a"));
        queue.Submit(Good("b"));
        Assert.Throws<TrainingQueueFullException>(() => queue.Submit(Good("c")));
        Assert.Equal(2, Open().Jobs.Count);
    }

    [Fact]
    public void Submit_FolderThatCannotBeWritten_ChangesNothing()
    {
        var queue = Open();
        Directory.Delete(folder["queue"]);
        Assert.Throws<TrainingRecordException>(() => queue.Submit(Good("a")));
        Assert.Empty(queue.Jobs);
    }

    private static string Good(string name) => Encoding.UTF8.GetString(TinyJob.File(TinyJob.Ddpm)).Replace("tiny-run", name, StringComparison.Ordinal);

    private TrainingQueue Open(int length = 10) =>
        new(Options.Create(new TrainingOptions { State = folder.Path, Data = folder["data"], QueueLength = length }), new JobNews(), TimeProvider.System);
}
