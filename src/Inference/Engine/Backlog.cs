using Diffusion.Inference.Batching;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Engine;

/// <summary>
/// What is accepted and not ended, in the few numbers that predictions need. Not safe by itself: the
/// <see cref="AdmissionQueue"/> holds its lock.
/// </summary>
/// <param name="costs">What ticks cost.</param>
/// <param name="maxRows">Rows that a tick may have.</param>
internal sealed class Backlog(CostBook costs, int maxRows)
{
    private readonly Dictionary<LaneKey, Load> loads = [];
    private readonly List<Generation> promised = [];

    /// <summary>Rows accepted and not yet run.</summary>
    public long Rows { get; private set; }

    /// <summary>Accepted and not ended.</summary>
    public int Generations { get; private set; }

    public void Add(Generation generation)
    {
        var request = generation.Request;
        if (!loads.TryGetValue(generation.Lane, out var load)) loads[generation.Lane] = load = new Load();
        load.Generations++;
        load.Rows += request.Rows;
        load.Wanted[(int)request.Class] += request.Count * request.Cost;
        Rows += request.Rows;
        Generations++;
        if (request.Deadline is not null) promised.Add(generation);
    }

    public void Leave(Generation generation, long rows)
    {
        loads[generation.Lane].Rows -= rows;
        Rows -= rows;
    }

    public void Remove(Generation generation)
    {
        var request = generation.Request;
        var load = loads[generation.Lane];
        load.Wanted[(int)request.Class] -= request.Count * request.Cost;
        Generations--;
        if (request.Deadline is not null) promised.Remove(generation);
        if (--load.Generations == 0) loads.Remove(generation.Lane);
    }

    /// <summary>Milliseconds until everything has run, if nothing is added.</summary>
    public double Drain() => loads.Sum(l => Drain(l.Key, l.Value));

    /// <summary>The same for what a lane has now; the others take turns with it.</summary>
    public double Drain(LaneKey lane) =>
        loads.TryGetValue(lane, out var load) ? Math.Min(Drain(), Drain(lane, load) * loads.Count) : 0;

    /// <summary>
    /// Milliseconds until a request would be done: one tick of its lane for every step, each lane in turn, in
    /// each of which it gets its share of the rows that requests of its class and above want; at most until everything
    /// has run, and at least what it takes alone.
    /// </summary>
    public double Eta(Generation generation)
    {
        var (request, lane) = (generation.Request, generation.Lane);
        var (fit, most) = Of(lane);
        var own = request.Count * request.Cost;
        var load = loads.GetValueOrDefault(lane);
        var wanted = own + (load?.Wanted.Take((int)request.Class + 1).Sum() ?? 0);
        var turns = loads.Count + (load is null ? 1 : 0);
        var shared = request.Steps * Math.Max(1.0, (double)wanted / most) * fit.Tick(Math.Min(most, wanted)) * turns;
        var alone = request.Steps * Math.Max(1.0, (double)own / most) * fit.Tick(Math.Min(most, own));
        return Math.Max(alone, Math.Min(shared, Drain() + alone));
    }

    /// <summary>
    /// Milliseconds in which a request can be promised if it is accepted now, beside all that was promised before; with
    /// it whether everybody's deadline holds.
    /// </summary>
    /// <param name="generation">The request; it has a deadline.</param>
    /// <param name="left">Milliseconds left until the deadline of a request.</param>
    public (double Promised, bool Holds) Promise(Generation generation, Func<Generation, double> left)
    {
        var demand = new DeadlineDemand(maxRows);
        // a tick that runs, or that somebody else has just been given
        var wait = loads.Keys.Append(generation.Lane).Max(l => Of(l) is var (fit, most) ? fit.Most(most) : 0);
        var (own, holds) = (0.0, true);
        foreach (var (one, time) in promised.Append(generation).Select(g => (g, left(g))).OrderBy(g => g.Item2))
        {
            var (request, rows) = (one.Request, one.RowsLeft);
            if (rows == 0) continue;
            // on the way up a step takes one row, whatever those of the way down take
            var steps = (int)Math.Min(request.Steps, rows / (request.Course.Entries is null ? request.Cost : 1));
            var done = wait + demand.Add(one.Lane, costs.Of(one.Lane), request.Count, request.Cost, rows, steps);
            if (one == generation) own = done;
            holds &= done <= time;
        }
        return (own, holds);
    }

    private (CostFit Fit, int Rows) Of(LaneKey lane) => costs.Of(lane) is var cost ? (cost.Fit, Math.Min(maxRows, cost.Cap)) : default;

    private double Drain(LaneKey lane, Load load)
    {
        var (fit, most) = Of(lane);
        var rows = Math.Clamp(load.Wanted.Sum(), 1, most);
        return fit.Tick(rows) * load.Rows / rows;
    }

    private sealed class Load
    {
        public int Generations;
        public long Rows;

        /// <summary>Rows that each class could use in one tick, if no picture were done yet.</summary>
        public int[] Wanted { get; } = new int[Enum.GetValues<RequestClass>().Length];
    }
}
