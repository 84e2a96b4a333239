namespace Diffusion.Training.EvaluationJobs;

/// <summary>The evaluation that is being measured, as others see it meanwhile.</summary>
internal sealed class ActiveEvaluation(string id, CancellationToken stopping) : IDisposable
{
    private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);

    public string Id => id;

    /// <summary>Set when it is cancelled, or the service stops.</summary>
    public CancellationToken Stop => stop.Token;

    /// <summary>Pictures of the point under way that are drawn.</summary>
    public int Pictures { get; set; }

    public void End() => stop.Cancel();

    public void Dispose() => stop.Dispose();
}
