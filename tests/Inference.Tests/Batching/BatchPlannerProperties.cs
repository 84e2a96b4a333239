using Diffusion.Inference.Batching;
using FsCheck;
using FsCheck.Fluent;

namespace Diffusion.Inference.Tests.Batching;

/// <summary>What must hold of every run of arrivals, ticks, partial failures and removals.</summary>
public class BatchPlannerProperties
{
    private const int MaxRows = 8, MaxSkipped = 6, LaneCount = 3;

    /// <summary>What happens between two ticks, and how much of the tick fails.</summary>
    public sealed record Moment(Arrival[] Arrivals, int RemoveOneIn, int FailOneIn);

    public sealed record Arrival(int Lane, int Samples, int Steps, int Cost);

    private static readonly Gen<Arrival> Arrivals =
        from lane in Gen.Choose(1, LaneCount)
        from samples in Gen.Choose(1, 10)
        from steps in Gen.Choose(1, 6)
        from cost in Gen.Choose(1, 2)
        select new Arrival(lane, samples, steps, cost);

    private static readonly Arbitrary<Moment[]> Runs = (
        from arrivals in Gen.Choose(0, 2).SelectMany(n => Arrivals.ArrayOf(n))
        from remove in Gen.Choose(2, 30)
        from fail in Gen.Choose(2, 30)
        select new Moment(arrivals, remove, fail)).ArrayOf().ToArbitrary();

    [Fact]
    public void EveryRequest_EndsExactlyOnce() => Holds(run => run.Ended.Count == run.Admitted.Count && run.Ended.Distinct().Count() == run.Ended.Count);

    [Fact]
    public void EveryCommittedRow_IsTheNextOfItsPicture() => Holds(run => run.ProgressIsByOne);

    [Fact]
    public void EveryFinishedRequest_RanEveryRowOnce() =>
        Holds(run => run.Finished.All(w => run.RowsRun[w] == w.Steps * w.Samples));

    [Fact]
    public void EveryPlan_FitsAndHoldsOneLane() =>
        Holds(run => run.Plans.All(p => p.Rows <= MaxRows && p.Rows == p.Counted && p.OneLane && p.Distinct));

    [Fact]
    public void EveryPlan_LeavesNothingOutThatWouldFit() => Holds(run => run.WorkConserving);

    [Fact]
    public void EveryPicture_IsSkippedNoLongerThanTheBound() => Holds(run => run.LongestOverrun <= 0);

    private static void Holds(Func<Run, bool> property) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Runs, moments => property(new Run(moments))));

    private sealed record Planned(int Rows, int Counted, bool OneLane, bool Distinct);

    private sealed record Request(Work Work, int Samples)
    {
        public int Steps => Work.Steps;
    }

    private sealed class Run
    {
        private readonly WorkSet work = new();
        private readonly BatchPlanner planner = new(MaxRows, MaxSkipped);
        private readonly List<Request> live = [];
        private readonly Dictionary<SampleTurn, long> bound = [];
        private int dice;

        public Run(Moment[] moments)
        {
            foreach (var moment in moments)
            {
                foreach (var arrival in moment.Arrivals) Admit(arrival);
                if (live.Count > 0 && Draw(moment.RemoveOneIn)) End(live[dice % live.Count]);
                Tick(moment.FailOneIn);
            }
            while (!work.IsEmpty) Tick(failOneIn: 0);
        }

        public List<Request> Admitted { get; } = [];

        public List<Request> Ended { get; } = [];

        public List<Request> Finished { get; } = [];

        public List<Planned> Plans { get; } = [];

        public Dictionary<Request, int> RowsRun { get; } = [];

        public bool ProgressIsByOne { get; private set; } = true;

        public bool WorkConserving { get; private set; } = true;

        /// <summary>By how many ticks a picture waited past its bound; never positive.</summary>
        public long LongestOverrun { get; private set; } = long.MinValue;

        private void Admit(Arrival arrival)
        {
            var request = new Request(
                new Work(Admitted.Count, Lanes.Of(arrival.Lane), arrival.Samples, arrival.Steps, arrival.Cost, work.Tick), arrival.Samples);
            Admitted.Add(request);
            live.Add(request);
            RowsRun[request] = 0;
            work.Add(request.Work);
            foreach (var sample in request.Work.Waiting) Promise(sample);
        }

        private void Tick(int failOneIn)
        {
            var plan = planner.Plan(work, Lanes.AllReady);
            WorkConserving &= (plan is null) == work.IsEmpty;
            if (plan is null) return;
            Record(plan);
            // a row that fails stays where it is; the whole tick failing would not count as a tick
            var ran = plan.Samples.Where(_ => failOneIn == 0 || !Draw(failOneIn)).ToArray();
            var before = ran.Select(s => s.Done).ToArray();
            var waited = ran.Select(s => work.Tick - bound[s]).DefaultIfEmpty(long.MinValue).Max();
            LongestOverrun = Math.Max(LongestOverrun, waited);
            work.Commit(plan.Lane, ran);
            for (var i = 0; i < ran.Length; i++) ProgressIsByOne &= ran[i].Done == before[i] + 1;
            foreach (var sample in plan.Samples) Promise(sample);
            foreach (var sample in ran) RowsRun[live.First(r => r.Work == sample.Owner)]++;
            foreach (var request in live.Where(r => r.Work.IsFinished).ToArray())
            {
                Finished.Add(request);
                End(request);
            }
        }

        // pictures that wait longer now are the only ones that can go before it once it is overdue
        private void Promise(SampleTurn sample)
        {
            var ahead = work.Lanes.SelectMany(l => l.Works).SelectMany(w => w.Waiting).Count();
            bound[sample] = work.Tick + MaxSkipped + ahead / (MaxRows / 2) + LaneCount + 1;
        }

        private void Record(BatchPlan plan)
        {
            Plans.Add(new Planned(
                plan.Evaluations, plan.Samples.Sum(s => s.Owner.Cost),
                plan.Samples.All(s => s.Owner.Lane == plan.Lane), plan.Samples.Distinct().Count() == plan.Samples.Count));
            var left = work.Lanes.First(l => l.Key == plan.Lane).Works.SelectMany(w => w.Waiting).Except(plan.Samples);
            WorkConserving &= plan.Samples.Count > 0 && left.All(s => s.Owner.Cost > MaxRows - plan.Evaluations);
        }

        private void End(Request request)
        {
            work.Remove(request.Work);
            live.Remove(request);
            Ended.Add(request);
        }

        private bool Draw(int oneIn)
        {
            dice = unchecked(dice * 1103515245 + 12345) & int.MaxValue;
            return (dice >> 8) % oneIn == 0;
        }
    }
}
