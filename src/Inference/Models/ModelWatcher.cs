using System.Threading.Channels;
using Diffusion.Checkpoints;
using Diffusion.Inference.Engine;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Models;

/// <summary>Looks at the models' folder now and then, and loads what is wanted, beside the engine and never on its thread.</summary>
internal sealed class ModelWatcher : BackgroundService
{
    private readonly ModelRegistry registry;
    private readonly CheckpointStore store;
    private readonly IDevice device;
    private readonly InferenceOptions options;
    private readonly TimeProvider time;
    private readonly InferenceMetrics metrics;
    private readonly ILogger logger;
    private readonly Channel<bool> signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public ModelWatcher(
        ModelRegistry registry, CheckpointStore store, IDevice device, AdmissionQueue queue, IOptions<InferenceOptions> options, TimeProvider time,
        InferenceMetrics metrics, ILogger<ModelWatcher> logger)
    {
        (this.registry, this.store, this.device, this.options, this.time, this.metrics, this.logger) = (registry, store, device, options.Value, time, metrics, logger);
        registry.Wanted = () => signal.Writer.TryWrite(true);
        registry.Settled = queue.Wake;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Clean(stoppingToken);
        signal.Writer.TryWrite(true);
        using var timer = new PeriodicTimer(options.PollInterval, time);
        var polling = PollAsync(timer, stoppingToken);
        try
        {
            while (await signal.Reader.WaitToReadAsync(stoppingToken).ConfigureAwait(false))
            {
                signal.Reader.TryRead(out _);
                // a thread of its own: tensor work is synchronous and may take long
                await Task.Factory.StartNew(
                    LoadWanted, stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await polling.ConfigureAwait(false);
        }
    }

    /// <summary>Verifies and loads everything wanted, then probes what serves already; on the calling thread.</summary>
    internal void LoadWanted()
    {
        // a model that is waited for comes before the next probe
        do Load();
        while (registry.ProbeNext(Probe));
    }

    /// <summary>The first half of that.</summary>
    internal void Load() => registry.LoadWanted(Load);

    private ModelInUse Load(CheckpointVersion version, bool replaces)
    {
        var started = time.GetTimestamp();
        var (name, number) = (version.Manifest.Model, version.Manifest.Version);
        try
        {
            CheckpointStore.Verify(version);
            var loaded = Sound(device.Load(version), version.Manifest);
            // what takes over from another version serves strict rows without a pause, too
            if (replaces && loaded.Strict is null) Probe(loaded, version.Manifest);
            var elapsed = time.GetElapsedTime(started);
            metrics.Loaded(name, elapsed, succeeded: true);
            logger.ModelLoaded(name, number, elapsed.TotalMilliseconds);
            return loaded;
        }
        catch
        {
            metrics.Loaded(name, time.GetElapsedTime(started), succeeded: false);
            throw;
        }
    }

    private ModelInUse Sound(ILoadedNetwork network, CheckpointManifest manifest)
    {
        try
        {
            // a classifier has no rows of its own
            if (network is not ILoadedModel model) return new ModelInUse(network) { Strict = StrictSizes.Alone };
            ModelProbe.RequireFinite(model, manifest, options.MaxBatchRows);
            return new ModelInUse(network);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    // large batches may not fit on the device; then the version serves all the same, and strict rows one at a time
    private void Probe(ModelInUse loaded, CheckpointManifest manifest)
    {
        try
        {
            device.Enter();
            var strict = ModelProbe.Run((ILoadedModel)loaded.Network, manifest, options.MaxBatchRows);
            logger.ModelProbed(
                manifest.Model, manifest.Version, string.Join(", ", strict.Sizes),
                string.Join(", ", strict.Probed.Select(p => p.Value ? $"{p.Key}" : $"{p.Key} (depends on the neighbours)")));
            loaded.Strict = strict;
        }
        catch (Exception cause)
        {
            logger.ModelNotProbed(cause, manifest.Model, manifest.Version);
            loaded.Strict = StrictSizes.Alone;
        }
    }

    private void Clean(CancellationToken stopping)
    {
        try
        {
            if (store.RemoveLeftovers(stopping) is [_, ..] removed) logger.ModelLeftoversRemoved(string.Join(", ", removed));
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            // models may be served from a folder that nobody may write
            logger.FolderUnreadable(unwritable);
        }
    }

    private async Task PollAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false)) Poll();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // stopping is not an error
        }
    }

    private void Poll()
    {
        try
        {
            registry.Refresh();
            // some may have waited long enough
            registry.Settled?.Invoke();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            logger.FolderUnreadable(unreadable);
        }
    }
}
