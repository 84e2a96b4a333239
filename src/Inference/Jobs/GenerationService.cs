using System.Diagnostics;
using Diffusion.Checkpoints;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Quotas;

namespace Diffusion.Inference.Jobs;

/// <summary>Where requests come in. Safe from any thread; never blocks on the engine.</summary>
public sealed class GenerationService
{
    private readonly RequestValidator validator;
    private readonly AdmissionQueue queue;
    private readonly GenerationDirectory directory;
    private readonly QueueView view;
    private readonly QuotaLedger quotas;
    private readonly InferenceMetrics metrics;
    private readonly TimeProvider time;

    internal GenerationService(
        RequestValidator validator, AdmissionQueue queue, GenerationDirectory directory, QueueView view, QuotaLedger quotas, InferenceMetrics metrics,
        TimeProvider time) =>
        (this.validator, this.queue, this.directory, this.view, this.quotas, this.metrics, this.time) =
        (validator, queue, directory, view, quotas, metrics, time);

    /// <summary>Checks a request, fills in the defaults of its model, fixes the model version, and queues it.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="beforeItQueues">Gets the generation before the engine does: who watches from here on misses no frame.</param>
    /// <exception cref="GenerationRefusedException">It names every wrong field, or says that there is no room.</exception>
    public Generation Submit(GenerationRequest request, Action<Generation>? beforeItQueues = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Submit($"gen_{Guid.CreateVersion7(time.GetUtcNow()):N}", request, beforeItQueues: beforeItQueues);
    }

    /// <summary>Checks a request as <see cref="Submit(GenerationRequest, Action{Generation})"/> does, and queues nothing.</summary>
    /// <exception cref="GenerationRefusedException">It names every wrong field.</exception>
    public void Check(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            validator.Accept(request).Release();
        }
        catch (GenerationRefusedException refusal)
        {
            metrics.Refused(refusal.Reason.ToString());
            throw;
        }
    }

    /// <summary>Takes a generation up again that an earlier process accepted.</summary>
    /// <param name="id">Its id, which it keeps.</param>
    /// <param name="request">As it was resolved then.</param>
    /// <exception cref="GenerationRefusedException">As for <see cref="Submit(GenerationRequest, Action{Generation})"/>.</exception>
    internal Generation Resume(string id, GenerationRequest request) => Submit(id, request, promised: true);

    /// <summary>When a generation that waits or runs will have ended, by what ticks cost and what is before the engine.</summary>
    public TimeSpan Predict() => TimeSpan.FromMilliseconds(queue.PredictedWait);

    /// <summary>Cancels a generation if it lives, and forgets it: for whoever has taken its pictures.</summary>
    public void Forget(string id)
    {
        if (directory.Find(id) is not { } generation) return;
        generation.Cancel();
        directory.Remove(generation);
    }

    private Generation Submit(string id, GenerationRequest request, bool promised = false, Action<Generation>? beforeItQueues = null)
    {
        try
        {
            return Admit(id, validator.Accept(request), promised, beforeItQueues);
        }
        catch (GenerationRefusedException refusal)
        {
            metrics.Refused(refusal.Reason.ToString());
            throw;
        }
    }

    /// <summary>The model version that a request with this model and sampler means now.</summary>
    /// <exception cref="GenerationRefusedException">There is none.</exception>
    public CheckpointManifest Resolve(string? model, string? sampler)
    {
        try
        {
            return validator.Resolve(model, sampler);
        }
        catch (GenerationRefusedException refusal)
        {
            metrics.Refused(refusal.Reason.ToString());
            throw;
        }
    }

    /// <summary>A live generation, or one that ended not long ago; else null.</summary>
    public Generation? Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return directory.Find(id);
    }

    /// <summary>What is waiting and running now.</summary>
    public QueueSnapshot Snapshot() => view.Snapshot();

    private Generation Admit(string id, AcceptedRequest accepted, bool promised, Action<Generation>? beforeItQueues)
    {
        // it was charged when it was accepted; a restart is not the client's doing
        var charge = promised ? null : Charge(accepted);
        var generation = new Generation(id, accepted, queue.Cancel)
        {
            Activity = Trace(id, accepted),
            AcceptedAt = time.GetTimestamp(),
            Charge = charge,
            Time = time,
            OnDropped = metrics.FramesDropped,
        };
        try
        {
            directory.Add(generation);
            beforeItQueues?.Invoke(generation);
            queue.Admit(generation, promised);
            return generation;
        }
        catch (GenerationRefusedException)
        {
            directory.Remove(generation);
            generation.Activity?.Dispose();
            charge?.Settle(accepted.Rows);
            accepted.Release();
            throw;
        }
    }

    private QuotaCharge? Charge(AcceptedRequest accepted)
    {
        if (accepted.Resolved.Allowance is not { } allowance) return null;
        try
        {
            return quotas.Charge(accepted.Client, allowance, accepted.Rows, accepted.Count * accepted.Cost);
        }
        catch (GenerationRefusedException)
        {
            accepted.Release();
            throw;
        }
    }

    private static Activity? Trace(string id, AcceptedRequest accepted)
    {
        // it ends on the engine thread, so it must not stay current on this one
        var caller = Activity.Current;
        var activity = InferenceMetrics.Source.StartActivity("generation");
        Activity.Current = caller;
        return activity?
            .SetTag("diffusion.generation.id", id)
            .SetTag("diffusion.generation.kind", accepted.Kind.ToString())
            .SetTag("diffusion.model", accepted.Lease.Manifest.Model)
            .SetTag("diffusion.model.version", accepted.Lease.Manifest.Version)
            .SetTag("diffusion.sampler", accepted.Sampler)
            .SetTag("diffusion.steps", accepted.Steps)
            .SetTag("diffusion.count", accepted.Count);
    }
}
