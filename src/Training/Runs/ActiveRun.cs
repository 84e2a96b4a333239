using Diffusion.Training.Loop;

namespace Diffusion.Training.Runs;

/// <summary>The job that is being trained, as others see it meanwhile.</summary>
internal sealed class ActiveRun(string id, CancellationToken stopping) : IDisposable
{
    private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);

    public string Id { get; } = id;

    /// <summary>Set when the job is paused or cancelled, or the service stops.</summary>
    public CancellationToken Stop => stop.Token;

    public RunOrders Orders { get; } = new();

    /// <summary>After the last logged step, or null.</summary>
    public TrainingProgress? Progress { get; set; }

    /// <summary>After the step under way everything is saved.</summary>
    public void End() => stop.Cancel();

    public void Dispose()
    {
        Orders.Close();
        stop.Dispose();
    }
}
