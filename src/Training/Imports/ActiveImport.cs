using Diffusion.Training.Data;

namespace Diffusion.Training.Imports;

/// <summary>The import that is under way.</summary>
internal sealed class ActiveImport(SetImport import, string path, CancellationToken stop) : IDisposable
{
    private readonly CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stop);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ImportProgress? progress;

    public string Id => Import.Id;

    /// <summary>As it was when it began.</summary>
    public SetImport Import { get; } = import;

    /// <summary>The file that was uploaded.</summary>
    public string Path { get; } = path;

    /// <summary>How far it is.</summary>
    public ImportProgress? Progress
    {
        get => progress;
        set => progress = value;
    }

    /// <summary>When who watches was last told how far it is; null for not yet. Of the importing thread alone.</summary>
    public long? Told { get; set; }

    /// <summary>Canceled when the service stops, or somebody drops the import.</summary>
    public CancellationToken Stopping => end.Token;

    /// <summary>Complete when nothing works on it any more.</summary>
    public Task Ended => ended.Task;

    /// <summary>Whether somebody wants nothing of it any more.</summary>
    public bool IsDropped { get; private set; }

    public void Drop()
    {
        IsDropped = true;
        end.Cancel();
    }

    public void End() => ended.TrySetResult();

    public void Dispose() => end.Dispose();
}
