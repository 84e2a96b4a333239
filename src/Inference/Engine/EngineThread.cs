using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using static TorchSharp.torch;

namespace Diffusion.Inference.Engine;

/// <summary>
/// The one thread that ticks: every calling thread of libtorch gets a team of its own, and scopes belong to threads.
/// Stopping first closes the door, then works off what was accepted, and after the limit cancels the rest.
/// </summary>
internal sealed class EngineThread(
    InferenceEngine engine, AdmissionQueue queue, IOptions<InferenceOptions> options, TimeProvider time, ILogger<EngineThread> logger) : IHostedService
{
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool draining, stopping;
    private Thread? thread;

    public bool IsRunning => thread is not null && !ended.Task.IsCompleted;

    /// <summary>What killed the thread, or null.</summary>
    public Exception? Death { get; private set; }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        thread = new Thread(Loop) { Name = "diffusion-engine", IsBackground = true };
        thread.Start();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        queue.Close();
        if (thread is null) return;
        draining = true;
        queue.Wake();
        try
        {
            await ended.Task.WaitAsync(options.Value.DrainTimeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception limit) when (limit is TimeoutException or OperationCanceledException)
        {
            stopping = true;
            queue.Wake();
            // a tick in progress is always finished: tensors are not torn from under a kernel
            await ended.Task.ConfigureAwait(false);
        }
    }

    private void Loop()
    {
        try
        {
            // a team of threads spins at every operation until its last member has a core: one busy core too few costs more than it gives
            var threads = options.Value.Threads > 0 ? options.Value.Threads : Math.Max(1, Environment.ProcessorCount - 1);
            set_num_threads(threads);
            logger.EngineStarted(options.Value.Device, threads, options.Value.MaxBatchRows);
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
