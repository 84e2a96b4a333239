namespace Diffusion.Training.Imports;

/// <summary>The right to add to an upload; one request has it at a time, and the next one ends it: a sender whose connection is gone may not know it yet.</summary>
internal sealed class UploadTurn(Action<UploadTurn> release) : IDisposable
{
    private readonly CancellationTokenSource end = new();
    private readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Another request wants it.</summary>
    public CancellationToken Ended => end.Token;

    /// <summary>Ends it, and waits until what came so far is settled.</summary>
    public async Task EndAsync(CancellationToken cancellation)
    {
        await end.CancelAsync();
        await over.Task.WaitAsync(cancellation);
    }

    public void Dispose()
    {
        release(this);
        over.TrySetResult();
    }
}
