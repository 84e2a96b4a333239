using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Engine;

/// <summary>
/// The one thread that ticks: every calling thread of libtorch gets a team of its own, and scopes belong to threads.
/// Stopping first closes the door, then works off what was accepted, and after the limit cancels the rest.
/// </summary>
internal sealed class EngineThread(
    InferenceEngine engine, AdmissionQueue queue, IDevice device, IOptions<InferenceOptions> options, TimeProvider time, ILogger<EngineThread> logger)
    : IHostedLifecycleService, IDisposable
{
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool draining, stopping;
    private Thread? thread;
    private ITimer? limit;

    public bool IsRunning => thread is not null && !ended.Task.IsCompleted;

    /// <summary>What killed the thread, or null.</summary>
    public Exception? Death { get; private set; }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        thread = new Thread(Loop) { Name = "diffusion-engine", IsBackground = true };
        thread.Start();
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Closes the door and starts the clock. It comes before the web server stops, which waits for requests that wait for
    /// this thread: whoever calls until then is told so and not cut off.
    /// </summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (draining) return Task.CompletedTask;
        queue.Close();
        limit = time.CreateTimer(_ => Stop(), null, options.Value.DrainTimeout, Timeout.InfiniteTimeSpan);
        draining = true;
        queue.Wake();
        logger.EngineDraining(options.Value.DrainTimeout.TotalSeconds);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await StoppingAsync(cancellationToken).ConfigureAwait(false);
        if (thread is null) return;
        using var impatient = cancellationToken.Register(Stop);
        // a tick in progress is always finished: tensors are not torn from under a kernel
        await ended.Task.ConfigureAwait(false);
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => limit?.Dispose();

    private void Stop()
    {
        stopping = true;
        queue.Wake();
    }

    private void Loop()
    {
        try
        {
            var threads = device.Enter();
            logger.EngineStarted(device.Name, threads, options.Value.MaxBatchRows);
            while (!stopping)
            {
                if (engine.Tick()) continue;
                if (draining && engine.IsIdle) break;
                queue.Wait();
            }
        }
        catch (Exception cause)
        {
            Death = cause;
            logger.EngineDied(cause);
            queue.Close();
        }
        finally
        {
            try
            {
                logger.EngineStopped(engine.CancelAll());
                engine.Dispose();
            }
            finally
            {
                ended.SetResult();
            }
        }
    }
}
