namespace Diffusion.Training.Runs;

/// <summary>What a run can be told to do between two steps.</summary>
internal enum RunOrder
{
    /// <summary>Make a resume point.</summary>
    Checkpoint,

    /// <summary>Make a resume point and publish a version.</summary>
    Publish,

    /// <summary>Make a grid of samples.</summary>
    Sample,
}

/// <summary>
/// Orders to a run. Who asks for what others have asked for already shares their answer, so there are never more
/// orders than kinds of them.
/// </summary>
internal sealed class RunOrders
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<RunOrder, TaskCompletionSource<RunNews>> waiting = [];
    private bool isClosed;

    /// <summary>Asks; the answer comes after the step under way.</summary>
    /// <returns>What was done, or null if the run stops first.</returns>
    public async Task<RunNews?> AskAsync(RunOrder order, CancellationToken cancellation)
    {
        TaskCompletionSource<RunNews> answer;
        lock (gate)
        {
            if (isClosed) return null;
            if (!waiting.TryGetValue(order, out answer!)) waiting[order] = answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        try
        {
            return await answer.Task.WaitAsync(cancellation);
        }
        catch (TaskCanceledException) when (answer.Task.IsCanceled)
        {
            return null;
        }
    }

    /// <summary>Does what was asked; a failure goes to those who asked and not to the run.</summary>
    public void Serve(Func<RunOrder, RunNews> obey)
    {
        while (Next() is var (order, answer))
        {
            try
            {
                answer.SetResult(obey(order));
            }
            catch (Exception failure)
            {
                answer.SetException(failure);
            }
        }
    }

    /// <summary>The run has stopped: whoever waits is told so.</summary>
    public void Close()
    {
        lock (gate)
        {
            isClosed = true;
            foreach (var answer in waiting.Values) answer.SetCanceled();
            waiting.Clear();
        }
    }

    private (RunOrder Order, TaskCompletionSource<RunNews> Answer)? Next()
    {
        lock (gate)
        {
            foreach (var (order, answer) in waiting)
            {
                waiting.Remove(order);
                return (order, answer);
            }
            return null;
        }
    }
}
