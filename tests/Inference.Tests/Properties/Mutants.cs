using Diffusion.Inference.Batching;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Tests.Analytic;
using Microsoft.Extensions.DependencyInjection;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>Parts that are broken on purpose, each in one way.</summary>
internal static class Mutants
{
    public static Parts With(ISchedulingPolicy policy) => new() { Policy = policy };

    public static Parts With(Func<ILaneRunner, ILaneRunner> lane) => new() { Device = device => new ShellDevice(device, lane) };

    /// <summary>The right policy under limits that are wrong.</summary>
    public sealed class WrongLimits(Func<TickLimits, TickLimits> change) : Broken
    {
        public override BatchPlan? Plan(WorkSet work, TickLimits limits) => PolicyCatalog.All[0].Plan(work, change(limits));
    }

    /// <summary>The right plan, changed.</summary>
    public sealed class WrongPlan(Func<WorkSet, BatchPlan, BatchPlan?> change) : Broken
    {
        public override BatchPlan? Plan(WorkSet work, TickLimits limits) => PolicyCatalog.All[0].Plan(work, limits) is { } plan ? change(work, plan) : null;

        public static BatchPlan? Of(BatchPlan plan, IEnumerable<SampleTurn> samples) =>
            samples.ToArray() is { Length: > 0 } some ? plan with { Samples = some, Evaluations = some.Sum(s => s.Cost) } : null;
    }

    /// <summary>Serves whoever comes first in the alphabet, as long as there is something to serve.</summary>
    public sealed class Favouring : Broken
    {
        public override BatchPlan? Plan(WorkSet work, TickLimits limits)
        {
            if (work.Lanes.FirstOrDefault() is not { } lane) return null;
            var samples = lane.Clients.OrderBy(c => c.Name, StringComparer.Ordinal).SelectMany(c => c.Works).SelectMany(w => w.Waiting);
            return new BatchDraft(lane, limits.RowsOf(lane)).TakeAll(samples).ToPlan();
        }
    }

    /// <summary>Forgets to free every fifth slot.</summary>
    public sealed class LeakingSlots(ILaneRunner inner) : LaneRunnerShell(inner)
    {
        private int released;

        public override int UsedSlots => base.UsedSlots;

        public override void Release(int slot)
        {
            if (++released % 5 != 0) base.Release(slot);
        }
    }

    /// <summary>Gives the slot of a picture to the next one too.</summary>
    public sealed class SharedSlot(ILaneRunner inner) : LaneRunnerShell(inner)
    {
        public override int[] Place(float[] x, float[] memory, bool keepsHistory)
        {
            var slots = base.Place(x, memory, keepsHistory);
            if (slots.Length > 1) slots[^1] = slots[0];
            return slots;
        }
    }

    /// <summary>Changes its rows on their way to the network.</summary>
    public sealed class WrongRows(ILaneRunner inner, Func<RowInput[], RowInput[]> change) : LaneRunnerShell(inner)
    {
        public override RowOutputs Run(IReadOnlyList<RowInput> rows, int size) => base.Run(change([.. rows]), size);
    }

    /// <summary>Runs the first half by itself, so that a batch that fails leaves it changed.</summary>
    public sealed class TornBatch(ILaneRunner inner) : LaneRunnerShell(inner)
    {
        public override RowOutputs Run(IReadOnlyList<RowInput> rows, int size)
        {
            if (rows.Count < 2) return base.Run(rows, size);
            var (first, second) = (base.Run([.. rows.Take(rows.Count / 2)], size), base.Run([.. rows.Skip(rows.Count / 2)], size));
            return new RowOutputs(
                [.. first.IsFinite, .. second.IsFinite], [.. first.Noisy, .. second.Noisy], [.. first.Clean, .. second.Clean], [.. first.Memory, .. second.Memory]);
        }
    }

    /// <summary>Hands out the x_0 estimates of the batch before.</summary>
    public sealed class StaleFrames(ILaneRunner inner) : LaneRunnerShell(inner)
    {
        private float[]?[] before = [];

        public override RowOutputs Run(IReadOnlyList<RowInput> rows, int size)
        {
            var outputs = base.Run(rows, size);
            var clean = outputs.Clean.Select((c, i) => c is null || i >= before.Length ? c : before[i] ?? c).ToArray();
            before = outputs.Clean;
            return outputs with { Clean = clean };
        }
    }

    /// <summary>Encodes frames where everybody has to wait for it.</summary>
    public sealed class SlowFrames(ILaneRunner inner, Action wait) : LaneRunnerShell(inner)
    {
        public override RowOutputs Run(IReadOnlyList<RowInput> rows, int size)
        {
            var outputs = base.Run(rows, size);
            if (outputs.Clean.Any(c => c is not null)) wait();
            return outputs;
        }
    }

    /// <summary>Keeps every frame, in case that somebody asks for it.</summary>
    public sealed class Hoarder(ILaneRunner inner, List<float[]?> kept) : LaneRunnerShell(inner)
    {
        public override RowOutputs Run(IReadOnlyList<RowInput> rows, int size)
        {
            var outputs = base.Run(rows, size);
            kept.AddRange(outputs.Noisy);
            return outputs;
        }
    }

    /// <summary>Ends requests that the engine still has.</summary>
    public sealed class SecondOwner(ILaneRunner inner, IList<Generation> asked) : LaneRunnerShell(inner)
    {
        public override RowOutputs Run(IReadOnlyList<RowInput> rows, int size)
        {
            var outputs = base.Run(rows, size);
            if (asked.FirstOrDefault(g => g.State == GenerationState.Running) is { } other) other.EndCanceled();
            return outputs;
        }
    }

    /// <summary>The right admission, but for what happens when somebody cancels.</summary>
    public static Generation Submit(AnalyticRig rig, GenerationRequest request, Action<AdmissionQueue, Generation> cancel)
    {
        var queue = rig.Services.GetRequiredService<AdmissionQueue>();
        var options = rig.Services.GetRequiredService<Microsoft.Extensions.Options.IOptions<InferenceOptions>>().Value;
        var accepted = new RequestValidator(rig.Models, options).Accept(request);
        var generation = new Generation($"gen_{request.Seed}", accepted, g => cancel(queue, g)) { AcceptedAt = rig.Clock.GetTimestamp() };
        rig.Services.GetRequiredService<GenerationDirectory>().Add(generation);
        try
        {
            queue.Admit(generation);
        }
        catch (GenerationRefusedException)
        {
            accepted.Lease.Dispose();
            throw;
        }
        return generation;
    }

    /// <summary>A policy that is wrong.</summary>
    public abstract class Broken : ISchedulingPolicy
    {
        public string Name => "broken";

        public string Description => "Wrong.";

        public abstract BatchPlan? Plan(WorkSet work, TickLimits limits);
    }
}
