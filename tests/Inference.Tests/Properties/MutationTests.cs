using Diffusion.Inference.Batching;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Tests.Analytic;
using FsCheck;
using Microsoft.Extensions.DependencyInjection;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>10. Mutations: every law finds the engines that are broken against it. A law that finds nothing proves nothing.</summary>
public sealed class MutationTests
{
    private static readonly Action<Script, Parts> Conservation = ConservationTests.Law, Equivalence = EquivalenceTests.Law, Progress = ProgressTests.Law,
        Working = WorkConservationTests.Law, Fairness = FairnessTests.Law, Aging = FairnessTests.Aging, Deadline = DeadlineTests.Law,
        Cancellation = CancellationTests.Law, BoundedMemory = BoundedMemoryTests.Law, Metamorphic = MetamorphicTests.Law;

    private static readonly Dictionary<string, (string Law, Action<Script, Parts> Check, Gen<Script> Scripts, Func<Parts> Parts)> All = new()
    {
        ["a planner that forgets a request"] = (Laws.Conservation, Conservation, Scripts.Calm, () =>
            Mutants.With(new Mutants.WrongPlan((_, plan) => Mutants.WrongPlan.Of(plan, plan.Samples.Where(s => s.Owner.Id % 3 != 2))))),
        ["slots that are not freed"] = (Laws.Conservation, Conservation, Scripts.Any, () => Mutants.With(lane => new Mutants.LeakingSlots(lane))),
        ["two pictures in one slot"] = (Laws.Conservation, Conservation, Scripts.Any, () => Mutants.With(lane => new Mutants.SharedSlot(lane))),
        ["a request that is ended twice"] = (Laws.Conservation, Conservation, Scripts.Calm, EndsTwice),
        ["a commit to the slot of the neighbour"] = (Laws.Equivalence, Equivalence, Scripts.Calm, () => Mutants.With(lane => new Mutants.WrongRows(lane, SwapSlots))),
        ["noise counted by the place in the batch"] = (Laws.Equivalence, Equivalence, Scripts.Calm, () => Mutants.With(lane => new Mutants.WrongRows(lane, CountByPlace))),
        ["a failed batch that is half committed"] = (Laws.Equivalence, Equivalence, Scripts.Any, () => Mutants.With(lane => new Mutants.TornBatch(lane))),
        ["a picture twice in a tick"] = (Laws.Progress, Progress, Scripts.Calm, () =>
            Mutants.With(new Mutants.WrongPlan((_, plan) => Mutants.WrongPlan.Of(plan, [.. plan.Samples, .. plan.Samples.Where(s => s.Done > 0 && s.Done + 2 < s.Owner.Steps)])))),
        ["frames of the tick before"] = (Laws.Progress, Progress, Scripts.Watched, () => Mutants.With(lane => new Mutants.StaleFrames(lane))),
        ["a planner that rests now and then"] = (Laws.WorkConservation, Working, Scripts.Calm, Rests),
        ["ticks that are half empty"] = (Laws.WorkConservation, Working, Scripts.Calm, () =>
            Mutants.With(new Mutants.WrongPlan((_, plan) => Mutants.WrongPlan.Of(plan, plan.Samples.Take((plan.Samples.Count + 1) / 2))))),
        ["ticks above the cap"] = (Laws.WorkConservation, Working, Scripts.Calm, () =>
            Mutants.With(new Mutants.WrongPlan((work, plan) => Mutants.WrongPlan.Of(plan, work.Find(plan.Lane)!.Works.SelectMany(w => w.Waiting))))),
        ["a model that is loaded, and nobody is woken"] = (Laws.WorkConservation, Working, Scripts.Calm, () => new Parts { Rig = rig => rig.Models.Settled = null }),
        ["first come, first served"] = (Laws.Fairness, Fairness, Scripts.Backlogged, () => Mutants.With(PolicyCatalog.Find("fifo")!)),
        ["a client that always goes first"] = (Laws.Fairness, Fairness, Scripts.Backlogged, () => Mutants.With(new Mutants.Favouring())),
        ["no aging"] = (Laws.Fairness, Aging, Scripts.Backlogged, () => Mutants.With(new Mutants.WrongLimits(l => l with { MaxSkippedTicks = int.MaxValue }))),
        ["promises that the planner does not look at"] = (Laws.Deadline, Deadline, Scripts.Promised, () =>
            Mutants.With(new Mutants.WrongLimits(l => l with { Now = double.MinValue }))),
        ["admission that takes the device for faster than it is"] = (Laws.Deadline, Deadline, Scripts.Promised, () => new Parts { Rig = Flatter }),
        ["cancellations that are lost"] = (Laws.Cancellation, Cancellation, Scripts.Any, () =>
            new Parts { Submit = (rig, request) => Mutants.Submit(rig, request, (_, _) => { }) }),
        ["frames that are encoded in the tick"] = (Laws.BoundedMemory, BoundedMemory, Scripts.Watched, Delays),
        ["frames that are kept for ever"] = (Laws.BoundedMemory, BoundedMemory, Scripts.Watched, Hoards),
        ["seeds by the order of arrival"] = (Laws.Metamorphic, Metamorphic, Scripts.Calm, SeedsByArrival),
        ["noise by the number of pictures"] = (Laws.Metamorphic, Metamorphic, Scripts.Calm, () => Mutants.With(lane => new Mutants.WrongRows(lane, CountByPlace))),
    };

    public static TheoryData<string> Names => [.. All.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Law_OfABrokenEngine_IsBroken(string mutant)
    {
        var (law, check, scripts, parts) = All[mutant];
        var found = Property.Find(scripts, check, parts());
        Assert.NotNull(found);
        Assert.True(law == found.Law, found.Message);
    }

    [Fact]
    public void EveryLaw_HasAMutant() => Assert.Equal(
        typeof(Laws).GetFields().Select(f => (string)f.GetRawConstantValue()!).Order(), All.Values.Select(m => m.Law).Distinct().Order());

    private static RowInput[] SwapSlots(RowInput[] rows)
    {
        if (rows.Length > 1) (rows[0], rows[1]) = (rows[0] with { Slot = rows[1].Slot }, rows[1] with { Slot = rows[0].Slot });
        return rows;
    }

    private static RowInput[] CountByPlace(RowInput[] rows) => [.. rows.Select((r, i) => r with { Sample = i })];

    private static Parts Rests()
    {
        var plans = 0;
        return Mutants.With(new Mutants.WrongPlan((_, plan) => ++plans % 3 == 0 ? null : plan));
    }

    private static Parts EndsTwice()
    {
        var asked = new List<Generation>();
        return Mutants.With(lane => new Mutants.SecondOwner(lane, asked)) with
        {
            Rig = _ => asked.Clear(),
            Submit = (rig, request) =>
            {
                asked.Add(rig.Service.Submit(request));
                return asked[^1];
            },
        };
    }

    private static Parts SeedsByArrival()
    {
        var known = new Dictionary<ulong, ulong>();
        return Mutants.With(lane => new Mutants.WrongRows(lane, rows => [.. rows.Select(r =>
        {
            known.TryAdd(r.Seed, (ulong)known.Count);
            return r with { Seed = known[r.Seed] };
        })])) with
        { Rig = _ => known.Clear() };
    }

    private static Parts Delays()
    {
        AnalyticRig? played = null;
        return Mutants.With(lane => new Mutants.SlowFrames(lane, () => played!.Clock.Advance(TimeSpan.FromMilliseconds(1)))) with { Rig = rig => played = rig };
    }

    private static Parts Hoards()
    {
        var kept = new List<float[]?>();
        return Mutants.With(lane => new Mutants.Hoarder(lane, kept));
    }

    private static void Flatter(AnalyticRig rig)
    {
        var costs = rig.Services.GetRequiredService<CostBook>();
        foreach (var model in new[] { AnalyticRig.Labelled, AnalyticRig.Memory })
        {
            using var lease = rig.Models.Acquire(model, null)!;
            for (var i = 0; i < 1000; i++) costs.Record(LaneKey.Of(lease.Manifest), 1 + i % 12, TimeSpan.FromMilliseconds(0.1));
        }
    }
}
