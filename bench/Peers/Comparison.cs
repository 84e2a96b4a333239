using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics.X86;

namespace Diffusion.Bench.Peers;

/// <summary>The whole command: who takes part, what is done in turns, and what is written of it.</summary>
internal sealed class Comparison(Settings settings)
{
    private const string Ours = "ours", OneThread = "ours, one thread", Usual = "usual", Tuned = "tuned";

    // what PyTorch's users have to set by hand for an OpenBLAS that is older than the processor
    private static readonly (string, string)[] Tuning =
    [
        .. Avx512F.IsSupported ? [("OPENBLAS_CORETYPE", "SkylakeX")] : Avx2.IsSupported ? [("OPENBLAS_CORETYPE", "Haswell")] : Array.Empty<(string, string)>(),
        ("OPENBLAS_NUM_THREADS", "1"),
    ];

    private bool HasOneThread => !settings.OneThread && Environment.ProcessorCount > 1;

    private string[] Names => HasOneThread ? [Ours, OneThread, Usual, Tuned] : [Ours, Usual, Tuned];

    public void Run(TextWriter into)
    {
        var started = Stopwatch.GetTimestamp();
        var peers = Names.Select(Start).ToArray();
        try
        {
            Describe(into, peers);
            var turns = new List<(string What, int Images, Turns Turns)>();
            if (Wants("check")) Check(into, peers);
            if (Wants("forward"))
                foreach (var batch in settings.Batches) turns.Add(($"forward, {batch}", batch, Take(peers, $"forward {batch} {Math.Max(1, 16 / batch)}")));
            if (Wants("ddim")) turns.Add(("DDIM-50, one picture", 0, Take(peers, "ddim 50 1")));
            if (Wants("dddm")) turns.Add(("DDDM-2, one picture", 0, Take(peers, "dddm 2 5")));
            if (Wants("train")) turns.Add(($"training step, {settings.TrainBatch}", 0, Take(peers, $"train {settings.TrainBatch} 2")));
            if (turns.Count > 0)
            {
                Times(into, turns);
                Ratios(into, turns, byClock: true);
                Ratios(into, turns, byClock: false);
                into.WriteLine($"\nWhat tuned took: {peers[^1].Ask("choices")}.");
            }
            if (Wants("ceiling")) Ceiling(into, peers, turns);
        }
        finally
        {
            foreach (var peer in peers) peer.Dispose();
        }
        if (Wants("start")) FirstPicture(into);
        if (Wants("memory")) Memory(into);
        into.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nAll of it took {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s."));
    }

    private bool Wants(string part) => settings.Only.Contains(part);

    private Peer Start(string name) => name switch
    {
        Ours => Peer.Product(name, settings, settings.OneThread ? 1 : 0),
        OneThread => Peer.Product(name, settings, 1),
        Usual => Peer.PyTorch(name, "usual", settings, [], settings.OneThread ? 1 : null),
        _ => Peer.PyTorch(name, "tuned", settings, Tuning, settings.OneThread ? 1 : null),
    };

    private Turns Take(Peer[] peers, string command) => new(peers, settings.Rounds, peer => peer.Time(command));

    private static void Describe(TextWriter into, Peer[] peers)
    {
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        var load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        into.WriteLine($"{Environment.ProcessorCount} x {processor}, AVX-512 {(Avx512F.IsSupported ? "yes" : "no")}; load before {load}\n");
        foreach (var peer in peers) into.WriteLine($"- {peer.Name}: {peer.Ask("machine")}{(peer.Name == Tuned ? string.Concat(Tuning.Select(t => $", {t.Item1}={t.Item2}")) : "")}");
    }

    /// <summary>All give the same numbers before anything is timed.</summary>
    /// <exception cref="InvalidOperationException">They do not.</exception>
    private static void Check(TextWriter into, Peer[] peers)
    {
        var forward = Compare("output 8", _ => "output 8", 1e-4);
        var pictures = ((string[])["ddim 50", "dddm 2"]).Select(what =>
        {
            var start = peers[0].Ask($"start {what.Split(' ')[0]}");
            return Compare($"picture {what}", _ => $"picture {what} {start}", 1e-3);
        }).ToArray();
        into.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"\nLargest difference from ours: forward {forward:0.0e+0}, picture of DDIM-50 {pictures[0]:0.0e+0}, of DDDM-2 {pictures[1]:0.0e+0}, of values in -1..1."));

        double Compare(string ours, Func<Peer, string> theirs, double limit)
        {
            var expected = peers[0].Values(ours);
            var largest = peers[1..].Max(peer => peer.Values(peer.Name == OneThread ? ours : theirs(peer)).Zip(expected, (a, b) => (double)Math.Abs(a - b)).Max());
            return largest <= limit ? largest : throw new InvalidOperationException($"{ours}: the peers differ by {largest}.");
        }
    }

    private void Times(TextWriter into, List<(string What, int Images, Turns Turns)> all)
    {
        into.WriteLine($"\nMilliseconds by the clock, median of {settings.Rounds} rounds (least to most)\n");
        Table.Head(into, ["what", .. Names]);
        foreach (var (what, _, turns) in all)
            Table.Row(into, [what, .. Names.Select(n => Table.Spread(turns.Clock(n), Table.Format(Table.Median(turns.Clock(n)))))]);
    }

    private void Ratios(TextWriter into, List<(string What, int Images, Turns Turns)> all, bool byClock)
    {
        into.WriteLine($"\nHow many times as long, {(byClock ? "by the clock" : "in time of the processor")}, median of {settings.Rounds} pairs (least to most)\n");
        (string Other, string Ours)[] pairs = HasOneThread ? [(Usual, Ours), (Tuned, Ours), (Usual, OneThread), (Tuned, OneThread)] : [(Usual, Ours), (Tuned, Ours)];
        Table.Head(into, ["what", .. pairs.Select(p => $"{p.Other} / {p.Ours}")]);
        foreach (var (what, _, turns) in all)
            Table.Row(into, [what, .. pairs.Select(p => Table.Spread(turns.Ratios(p.Other, p.Ours, byClock), "0.00"))]);
    }

    private void Ceiling(TextWriter into, Peer[] peers, List<(string What, int Images, Turns Turns)> all)
    {
        var operations = double.Parse(peers[^1].Ask("flops"), CultureInfo.InvariantCulture);
        int[] teams = HasOneThread ? [1, Environment.ProcessorCount] : [1];
        var rates = teams.Select(Rates).ToArray();
        into.WriteLine("\nThe best that this libtorch gets out of this machine, GFLOP/s\n");
        Table.Head(into, ["what", .. teams.Select(t => $"{t} threads")]);
        foreach (var name in rates[0].Keys) Table.Row(into, [name, .. rates.Select(r => r[name].ToString("0", CultureInfo.InvariantCulture))]);
        into.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"\nOne image is {operations / 1e6:0} million operations. Of the best rate at as many threads, the forward pass reaches:\n"));
        Table.Head(into, ["batch", .. Names]);
        foreach (var (_, images, turns) in all.Where(t => t.Images > 0))
            Table.Row(into, [$"{images}", .. Names.Select(n => (operations * images / Table.Median(turns.Clock(n)) / 1e6 / rates[Team(n)].Values.Max()).ToString("0 %", CultureInfo.InvariantCulture))]);

        // of PyTorch always the machine's: what its setting is, its convolutions do not all keep to
        int Team(string name) => name is OneThread ? 0 : teams.Length - 1;
    }

    /// <summary>In a process of its own, since one libtorch has several pools of threads, and not all of them can be told later.</summary>
    private Dictionary<string, double> Rates(int threads)
    {
        using var peer = Peer.PyTorch("ceiling", "tuned", settings, Tuning, threads);
        return peer.Ask("ceiling").Split(';').Select(r => r.Split('=')).ToDictionary(r => r[0], r => double.Parse(r[1], CultureInfo.InvariantCulture));
    }

    private void FirstPicture(TextWriter into)
    {
        into.WriteLine($"\nFrom the start of a process to its first picture (DDIM, 20 steps), ms, median of {Math.Min(5, settings.Rounds)} (least to most)\n");
        var took = Names.ToDictionary(n => n, _ => new List<double>());
        for (var round = 0; round < Math.Min(5, settings.Rounds); round++)
            foreach (var name in Names)
            {
                var begun = Stopwatch.GetTimestamp();
                using var peer = Start(name);
                peer.Ask("ddim 20 1");
                took[name].Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }
        Table.Head(into, Names);
        Table.Row(into, [.. Names.Select(n => Table.Spread(took[n], "0"))]);
    }

    private void Memory(TextWriter into)
    {
        into.WriteLine("\nThe most memory of a process that does nothing else (VmHWM), MiB\n");
        Table.Head(into, ["what", .. Names]);
        foreach (var (what, command) in new[] { ("DDIM-20, one picture", "ddim 20 1"), ("forward, 64", "forward 64 3"), ($"training step, {settings.TrainBatch}", $"train {settings.TrainBatch} 3") })
            Table.Row(into, [what, .. Names.Select(n => Peak(n, command))]);
    }

    private string Peak(string name, string command)
    {
        using var peer = Start(name);
        peer.Ask(command);
        return (double.Parse(peer.Ask("memory"), CultureInfo.InvariantCulture) / 1024).ToString("0", CultureInfo.InvariantCulture);
    }
}
