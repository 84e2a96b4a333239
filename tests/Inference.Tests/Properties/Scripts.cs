using Diffusion.Inference.Jobs;
using Diffusion.Inference.Tests.Analytic;
using FsCheck;
using FsCheck.Fluent;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>Random runs, each kind for what it is to show.</summary>
internal static class Scripts
{
    private static readonly Gen<Setting> Settings =
        from rows in Gen.Choose(2, 12)
        from skipped in Gen.Choose(2, 16)
        from tick in Gen.Choose(1, 12)
        from row in Gen.Choose(1, 30)
        from learnt in Gen.Elements(true, false)
        select new Setting(rows, skipped, tick, row / 10.0, learnt);

    private static readonly Gen<double> Pauses = Gen.Frequency((4, Gen.Constant(0)), (4, Gen.Choose(0, 10)), (1, Gen.Choose(50, 500))).Select(ms => (double)ms);

    private static readonly Gen<Ask> Asks =
        from after in Pauses
        from client in Gen.Choose(0, 2)
        from priority in Gen.Elements(RequestClass.Interactive, RequestClass.Batch, RequestClass.Evaluation)
        from model in Gen.Frequency((5, Gen.Constant(AnalyticRig.Labelled)), (3, Gen.Constant(AnalyticRig.Memory)), (2, Gen.Constant(SharedModels.Older)))
        from sampler in model == AnalyticRig.Memory ? Gen.Elements("dddm", "dddm walk=renoise", "dddm walk=fixed", "ddim eta=0.7") : Gen.Elements("ddim", "ddim eta=0.7", "ddpm", "dpmpp-2m", "heun", "pc", "pc corrector=2", "ald")
        from steps in Gen.Frequency((3, Gen.Choose(1, 4)), (1, Gen.Choose(5, 12)))
        from count in Gen.Frequency((4, Gen.Choose(1, 3)), (1, Gen.Choose(4, 8)))
        from label in Gen.Choose(-3, 9)
        from guidance in Gen.Elements(1, 0, 2.5)
        select new Ask(after, 0, client, priority, model, sampler.Split(' ')[0], steps, count)
        {
            Option = sampler.Contains(' ', StringComparison.Ordinal) ? sampler.Split(' ')[1] : null,
            Label = label < 0 ? null : label,
            Guidance = guidance,
        };

    private static readonly Gen<Ask> FaultyAsks =
        from ask in Asks
        from fault in Gen.Frequency((8, Gen.Constant(Fault.None)), (1, Gen.Constant(Fault.NaN)), (1, Gen.Constant(Fault.Breaks)))
        from step in Gen.Choose(0, 5)
        from watch in Gen.Frequency((3, Gen.Constant(Watch.Nobody)), (1, Gen.Constant(Watch.Closely)), (1, Gen.Constant(Watch.Asleep)))
        from every in Gen.Choose(1, 4)
        from patience in Gen.Frequency((6, Gen.Constant((double?)null)), (1, Gen.Choose(1, 30).Select(p => (double?)p)))
        select ask with { Fault = fault, FaultStep = step, Watch = watch, Every = every, Patience = patience };

    /// <summary>Everything that can happen.</summary>
    public static Gen<Script> Any { get; } = Of(Settings, Gen.Frequency(
        (6, FaultyAsks.Select(a => (Happening)a)),
        (2, from after in Pauses from which in Gen.Choose(0, 1000) select (Happening)new Cancel(after, (ulong)which)),
        (1, from after in Pauses from rows in Gen.Elements(0, 2, 3, 5) select (Happening)new Memory(after, rows)),
        (1, from after in Pauses from batches in Gen.Choose(1, 3) select (Happening)new Hiccup(after, batches))));

    /// <summary>Requests that all succeed.</summary>
    public static Gen<Script> Calm { get; } = Of(Settings, Asks.Select(a => (Happening)a));

    /// <summary>Requests that all succeed, and many who look at them.</summary>
    public static Gen<Script> Watched { get; } = Of(
        Settings,
        from ask in Asks
        from watch in Gen.Elements(Watch.Closely, Watch.Asleep, Watch.Asleep)
        from steps in Gen.Choose(1, 30)
        from every in Gen.Choose(1, 3)
        select (Happening)(ask with { Watch = watch, Steps = steps, Every = every }));

    /// <summary>Nothing fails, and half of the requests have a deadline.</summary>
    public static Gen<Script> Promised { get; } = Of(
        Settings.Select(s => s with { IsLearnt = true }),
        from ask in Asks
        from model in Gen.Elements(AnalyticRig.Labelled, AnalyticRig.Memory)
        from patience in Gen.Frequency((1, Gen.Constant((double?)null)), (1, Gen.Choose(2, 200).Select(tenths => (double?)(tenths / 10.0))))
        select (Happening)(ask with { Model = model, Sampler = "ddim", Option = null, Patience = patience }));

    /// <summary>Clients that come soon and have more to do than there is time for.</summary>
    public static Gen<Script> Backlogged { get; } =
        from setting in Settings
        from rows in Gen.Choose(2, 8)
        from weight in Gen.Elements(1, 1, 2)
        from clients in Gen.Choose(2, 4)
        from asks in (
            from ask in Asks
            from after in Gen.Frequency((5, Gen.Constant(0)), (1, Gen.Choose(1, 100)))
            from client in Gen.Choose(0, clients - 1)
            from steps in Gen.Choose(4, 30)
            from count in Gen.Choose(3, 12)
            from model in Gen.Frequency((4, Gen.Constant(AnalyticRig.Labelled)), (1, Gen.Constant(AnalyticRig.Memory)))
                // where ticks have two or three rows a share that is no whole pair cannot be had
            let guidance = weight == 1 ? ask.Guidance : 1
            select ask with { After = after, Client = client, Steps = steps, Count = count, Model = model, Sampler = "ddim", Option = null, Guidance = guidance }).ArrayOf(4 * clients)
        select new Script(setting with { MaxRows = rows, FirstWeight = weight }, Number(asks));

    /// <summary>Smaller runs that may show the same.</summary>
    public static IEnumerable<Script> Shrink(Script script)
    {
        var all = script.Happenings;
        for (var size = all.Count; size >= 1; size /= 2)
            for (var at = 0; at + size <= all.Count; at += size)
                yield return script with { Happenings = [.. all.Take(at), .. all.Skip(at + size)] };
        for (var i = 0; i < all.Count; i++)
            foreach (var simpler in Simpler(all[i]))
                yield return script with { Happenings = [.. all.Take(i), simpler, .. all.Skip(i + 1)] };
    }

    private static IEnumerable<Happening> Simpler(Happening happening)
    {
        if (happening.After > 0) yield return happening with { After = 0 };
        if (happening is not Ask ask) yield break;
        if (ask.Count > 1) yield return ask with { Count = ask.Count / 2 };
        if (ask.Steps > 1) yield return ask with { Steps = ask.Steps / 2 };
        if (ask.Fault != Fault.None) yield return ask with { Fault = Fault.None };
        if (ask.Watch != Watch.Nobody) yield return ask with { Watch = Watch.Nobody };
        if (ask.Label is not null) yield return ask with { Label = null };
        if (ask.Patience is not null) yield return ask with { Patience = null };
        if (ask.Client > 0) yield return ask with { Client = 0 };
        if (ask.Model == SharedModels.Older) yield return ask with { Model = AnalyticRig.Labelled };
    }

    private static Gen<Script> Of(Gen<Setting> settings, Gen<Happening> happenings) =>
        from setting in settings
        from all in happenings.ArrayOf()
        select new Script(setting, Number(all));

    // a seed names its request; a cancellation is for one of those asked before it
    private static Happening[] Number(IEnumerable<Happening> happenings)
    {
        var asked = 0UL;
        return [.. happenings.Select(h => h switch
        {
            Ask ask => ask with { Seed = ++asked },
            Cancel cancel => cancel with { Seed = asked == 0 ? 0 : 1 + cancel.Seed % asked },
            _ => h,
        })];
    }
}
