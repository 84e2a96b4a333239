using Diffusion.Checkpoints;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Models;

/// <summary>Deletes versions that are no longer needed, and tells which these are.</summary>
public sealed class ModelRetention(
    CheckpointStore store, ModelRegistry registry, ModelAliases aliases, VersionHolds holds, IOptions<RetentionOptions> options, TimeProvider time, ILogger<ModelRetention> logger) : BackgroundService
{
    /// <summary>What would become of every version of a model now; deletes nothing.</summary>
    /// <exception cref="CheckpointException">The alias file is damaged.</exception>
    public IReadOnlyList<RetentionVerdict> Judge(string model) => VersionRetention.Judge(
        registry.Manifests(model), options.Value.Of(model), store.Aliases(model), store.Pinned(model), holds.Of(model), v => store.IsSound(model, v), time.GetUtcNow());

    /// <summary>Deletes what is not needed of one model.</summary>
    /// <returns>The versions that are gone.</returns>
    /// <exception cref="CheckpointException">The alias file is damaged; nothing is deleted.</exception>
    public IReadOnlyList<int> Apply(string model, CancellationToken cancellation)
    {
        if (options.Value.Of(model).KeepNewest is null) return [];
        var gone = new List<int>();
        foreach (var verdict in Judge(model).Where(v => v.Kept.Count == 0))
        {
            // somebody may have taken it meanwhile
            if (aliases.Delete(model, verdict.Version, cancellation) is not null) continue;
            logger.RetentionDeleted(model, verdict.Version);
            gone.Add(verdict.Version);
        }
        return gone;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
                foreach (var model in registry.Describe().Select(m => m.Name)) Try(model, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // stopping is not an error
        }
    }

    private void Try(string model, CancellationToken cancellation)
    {
        try
        {
            Apply(model, cancellation);
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            // one model must not keep the others from being looked at
            logger.RetentionFailed(unwritable, model, unwritable.Message);
        }
    }
}
