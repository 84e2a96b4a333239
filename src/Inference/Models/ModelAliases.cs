using System.Globalization;
using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Models;

/// <summary>Moves aliases of served models: a version is loaded and sound before an alias stands on it.</summary>
public sealed class ModelAliases(CheckpointStore store, ModelRegistry registry, VersionHolds holds)
{
    /// <summary>Where an alias stands and stood, or null if it is not set.</summary>
    public AliasState? Find(string model, string alias) => store.Alias(model, alias);

    /// <summary>Loads a version beside those that serve, then moves the alias to it. Requests that were accepted before keep theirs.</summary>
    /// <param name="model">A served model.</param>
    /// <param name="alias">Alias name.</param>
    /// <param name="version">One of its versions.</param>
    /// <param name="require">Told where the alias stands; throws to leave it there.</param>
    /// <param name="cancellation">Ends the wait; the alias stays.</param>
    /// <returns>Where it stands now.</returns>
    /// <exception cref="GenerationFailedException">model-unavailable: the version could not be loaded; the alias stays.</exception>
    /// <exception cref="CheckpointException">No such version.</exception>
    public async Task<AliasState> MoveAsync(string model, string alias, int version, Action<AliasState?> require, CancellationToken cancellation)
    {
        // before the work of loading, and again under the lock
        require(store.Alias(model, alias));
        using var lease = await LoadAsync(model, version, cancellation).ConfigureAwait(false);
        var state = store.MoveAlias(model, alias, version, require, cancellation);
        registry.Refresh();
        return state;
    }

    /// <summary>Moves an alias to where it stood before, in the same way.</summary>
    /// <returns>Where it stands now, or null if it never stood elsewhere.</returns>
    /// <exception cref="AliasConflictException">It was moved meanwhile.</exception>
    /// <inheritdoc cref="MoveAsync"/>
    public async Task<AliasState?> RollBackAsync(string model, string alias, Action<AliasState?> require, CancellationToken cancellation)
    {
        var stood = store.Alias(model, alias);
        require(stood);
        if (stood?.Before is not [.., var before]) return null;
        using var lease = await LoadAsync(model, before, cancellation).ConfigureAwait(false);
        var state = store.RollBackAlias(model, alias, Require, cancellation);
        registry.Refresh();
        return state;

        void Require(AliasState? now)
        {
            require(now);
            if (now?.Version != stood.Version || now.Changed != stood.Changed)
                throw new AliasConflictException($"Alias '{alias}' of '{model}' was moved meanwhile.", now?.Version);
        }
    }

    /// <summary>Removes an alias.</summary>
    /// <inheritdoc cref="MoveAsync"/>
    public void Remove(string model, string alias, Action<AliasState?> require, CancellationToken cancellation)
    {
        store.RemoveAlias(model, alias, require, cancellation);
        registry.Refresh();
    }

    /// <summary>Deletes a version that nobody needs.</summary>
    /// <returns>Null if it is gone, else why it is not: it serves requests without a version, somebody has it, or a job needs it.</returns>
    /// <exception cref="AliasConflictException">An alias stands on it.</exception>
    /// <exception cref="CheckpointException">No such version.</exception>
    public string? Delete(string model, int version, CancellationToken cancellation)
    {
        try
        {
            if (!registry.Withdraw(model, version)) return "it serves requests without a version, or one that is not over";
            // the registry has it no more: whoever else needs it has to say so
            if (holds.Of(model)[version].FirstOrDefault() is { } reason) return reason;
            store.DeleteVersion(model, version, cancellation);
            return null;
        }
        finally
        {
            registry.Restore(model, version);
        }
    }

    private async Task<ModelLease> LoadAsync(string model, int version, CancellationToken cancellation)
    {
        var lease = registry.Acquire(model, version.ToString(CultureInfo.InvariantCulture))
            ?? throw new CheckpointException($"Model '{model}' has no version {version}.");
        try
        {
            await lease.Handle.Settled.WaitAsync(cancellation).ConfigureAwait(false);
            if (lease.Handle.Problem is not null)
                throw new GenerationFailedException(Problems.ModelUnavailable, $"Model '{model}' version {version} cannot be loaded; the alias stays where it is.");
            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }
}
