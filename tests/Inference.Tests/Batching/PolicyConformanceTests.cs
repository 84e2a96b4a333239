using Diffusion.Inference.Batching;
using Diffusion.Inference.Jobs;
using FsCheck;
using FsCheck.Fluent;

namespace Diffusion.Inference.Tests.Batching;

/// <summary>What must hold of every policy of the catalogue, in every run of arrivals, ticks, partial failures and removals.</summary>
public class PolicyConformanceTests
{
    private const int MaxRows = 8;

    /// <summary>What happens between two ticks, and how much of the tick fails.</summary>
    public sealed record Moment(Arrival[] Arrivals, int RemoveOneIn, int FailOneIn);

    public sealed record Arrival(int Lane, int Samples, int Steps, int Cost, int Client, int Class, bool IsPromised);

    private static readonly Gen<Arrival> Arrivals =
        from lane in Gen.Choose(1, 3)
        from samples in Gen.Choose(1, 10)
        from steps in Gen.Choose(1, 6)
        from cost in Gen.Choose(1, 2)
        from client in Gen.Choose(1, 3)
        from priority in Gen.Choose(0, 2)
        from promised in Gen.Choose(0, 5)
        select new Arrival(lane, samples, steps, cost, client, priority, promised == 0);

    private static readonly Arbitrary<Moment[]> Runs = (
        from arrivals in Gen.Choose(0, 2).SelectMany(n => Arrivals.ArrayOf(n))
        from remove in Gen.Choose(2, 30)
        from fail in Gen.Choose(2, 30)
        select new Moment(arrivals, remove, fail)).ArrayOf().ToArbitrary();

    public static TheoryData<string> Policies => [.. PolicyCatalog.All.Select(p => p.Name)];

    [Fact]
    public void Catalogue_NamesAreUniqueAndTheFirstIsTheDefault()
    {
        Assert.Equal(PolicyCatalog.All.Count, PolicyCatalog.All.Select(p => p.Name).Distinct().Count());
        Assert.Equal(new InferenceOptions().Policy, PolicyCatalog.All[0].Name);
        Assert.All(PolicyCatalog.All, p => Assert.NotEmpty(p.Description));
        Assert.Null(PolicyCatalog.Find("round-robin"));
    }

    [Theory, MemberData(nameof(Policies))]
    public void Plan_WithoutWork_IsNull(string policy) => Assert.Null(new Desk(policy).Plan());

    [Theory, MemberData(nameof(Policies))]
    public void EveryRequest_EndsExactlyOnce(string policy) =>
        Holds(policy, run => run.Ended.Count == run.Admitted && run.Ended.Distinct().Count() == run.Ended.Count && run.IsLeftEmpty);

    [Theory, MemberData(nameof(Policies))]
    public void EveryCommittedRow_IsTheNextOfItsPicture(string policy) => Holds(policy, run => run.ProgressIsByOne);

    [Theory, MemberData(nameof(Policies))]
    public void EveryPlan_HoldsOneLaneAndNoPictureTwice(string policy) => Holds(policy, run => run.OneLane && run.Distinct);

    [Theory, MemberData(nameof(Policies))]
    public void EveryPlan_IsNoLargerThanTheCapAndHoldsPairsWhole(string policy) => Holds(policy, run => run.Fits);

    [Theory, MemberData(nameof(Policies))]
    public void EveryPlan_IsThereAsLongAsSomethingCanRun(string policy) => Holds(policy, run => run.NeverIdle);

    [Theory, MemberData(nameof(Policies))]
    public void EveryPlan_ChangesNothing(string policy) => Holds(policy, run => run.Pure);

    private static void Holds(string policy, Func<Trial, bool> property) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100), Prop.ForAll(Runs, moments => property(new Trial(policy, moments))));

    private sealed class Trial
    {
        private readonly Desk desk;
        private readonly List<Work> live = [];
        private int dice;

        public Trial(string policy, Moment[] moments)
        {
            desk = new Desk(policy, MaxRows, maxSkipped: 6);
            foreach (var moment in moments)
            {
                foreach (var arrival in moment.Arrivals) Admit(arrival);
                if (live.Count > 0 && Draw(moment.RemoveOneIn)) End(live[dice % live.Count]);
                Tick(moment.FailOneIn);
            }
            while (!desk.Work.IsEmpty && NeverIdle) Tick(failOneIn: 0);
        }

        public int Admitted { get; private set; }

        public List<Work> Ended { get; } = [];

        public bool ProgressIsByOne { get; private set; } = true;

        public bool OneLane { get; private set; } = true;

        public bool Distinct { get; private set; } = true;

        public bool Fits { get; private set; } = true;

        public bool NeverIdle { get; private set; } = true;

        public bool Pure { get; private set; } = true;

        public bool IsLeftEmpty => desk.Work is { IsEmpty: true, Interactive: 0, InFlight.Count: 0, Promised.Count: 0 };

        private void Admit(Arrival arrival)
        {
            Admitted++;
            live.Add(desk.Add(
                arrival.Samples, arrival.Steps, arrival.Cost, arrival.Lane, $"client {arrival.Client}", (RequestClass)arrival.Class,
                arrival.IsPromised ? 100 : null, recipe: $"{arrival.Steps} {arrival.Cost}"));
        }

        private void Tick(int failOneIn)
        {
            var plan = desk.Plan();
            NeverIdle &= (plan is null) == desk.Work.IsEmpty;
            if (plan is null) return;
            var again = desk.Plan()!;
            Pure &= again.Lane == plan.Lane && again.Samples.SequenceEqual(plan.Samples);
            OneLane &= plan.Samples.All(s => s.Owner.Lane == plan.Lane);
            Distinct &= plan.Samples.Distinct().Count() == plan.Samples.Count;
            Fits &= plan.Evaluations is > 0 and <= MaxRows && plan.Evaluations == plan.Samples.Sum(s => s.Cost);
            // a row that fails stays where it is
            var fails = plan.Samples.Where(_ => failOneIn > 0 && Draw(failOneIn)).ToHashSet();
            var before = plan.Samples.Select(s => s.Done).ToArray();
            desk.Run(fails.Contains);
            for (var i = 0; i < before.Length; i++) ProgressIsByOne &= plan.Samples[i].Done == before[i] + (fails.Contains(plan.Samples[i]) ? 0 : 1);
            foreach (var work in live.Where(w => w.IsFinished).ToArray()) End(work);
        }

        private void End(Work work)
        {
            desk.Work.Remove(work);
            live.Remove(work);
            Ended.Add(work);
        }

        private bool Draw(int oneIn)
        {
            dice = unchecked(dice * 1103515245 + 12345) & int.MaxValue;
            return (dice >> 8) % oneIn == 0;
        }
    }
}
