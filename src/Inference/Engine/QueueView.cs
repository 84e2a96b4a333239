using Diffusion.Inference.Batching;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Engine;

/// <summary>Looks at the queue from outside, from any thread: what waits, for whom, and what it will cost.</summary>
internal sealed class QueueView(AdmissionQueue queue, GenerationDirectory directory, CostBook costs, InferenceOptions options)
{
    private const int MaxClients = 100;

    public QueueSnapshot Snapshot()
    {
        var (tick, row) = costs.Mean;
        var lanes = directory.Live.GroupBy(g => g.Lane).Select(l => Of(l.Key, [.. l]))
            .OrderByDescending(l => l.RowsWaiting).ThenBy(l => l.Model, StringComparer.Ordinal).ThenBy(l => l.Version);
        return new QueueSnapshot(options.Policy, queue.Generations, queue.RowsWaiting, costs.LastRows, queue.PredictedWait, tick, row, [.. lanes]);
    }

    private LaneSnapshot Of(LaneKey lane, Generation[] live)
    {
        var cost = costs.Of(lane);
        var (fit, cap) = (cost.Fit, Math.Min(options.MaxBatchRows, cost.Cap));
        var classes = live.GroupBy(g => g.Request.Class).OrderBy(c => c.Key).Select(c => new ClassSnapshot(c.Key, c.Count(), c.Sum(g => g.RowsLeft)));
        var clients = live.GroupBy(g => g.Request.Client, StringComparer.Ordinal).Select(c => new ClientSnapshot(c.Key, c.Count(), c.Sum(g => g.RowsLeft)))
            .OrderByDescending(c => c.RowsWaiting).ThenBy(c => c.Client, StringComparer.Ordinal).Take(MaxClients);
        return new LaneSnapshot(
            lane.Model, lane.Version, lane.IsStrict ? Determinism.Strict : Determinism.Seeded, live.Length, live.Sum(g => g.RowsLeft), queue.PredictedWaitOf(lane), cap,
            new CostSnapshot(fit.Alpha, fit.Beta, fit.Jitter, fit.Knee(cap), fit.Samples), [.. classes], [.. clients]);
    }
}
