using System.Diagnostics;
using System.Globalization;
using Diffusion.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Bench.Network;

/// <summary>
/// What another busy process on the same cores costs a forward pass of 32 images, by the number of threads and by how OpenMP's threads wait for
/// one another. Each measurement is a process of its own, since the policy is read once; this process is the other busy one.
/// </summary>
internal sealed class Competition(int rounds)
{
    private const int Batch = 32;

    public void Run()
    {
        var cores = Environment.ProcessorCount;
        var team = Math.Max(2, cores);
        var kinds = new[] { (Threads: 1, Policy: ""), (Threads: team, Policy: "active"), (Threads: team, Policy: "passive"), (Threads: team, Policy: "") };
        var times = kinds.Select(_ => (Quiet: new List<double>(), Busy: new List<double>())).ToArray();
        for (var round = 0; round < rounds; round++)
            for (var k = 0; k < kinds.Length; k++)
            {
                times[k].Quiet.Add(Milliseconds(kinds[k].Threads, kinds[k].Policy));
                using var spinning = new Spinner();
                times[k].Busy.Add(Milliseconds(kinds[k].Threads, kinds[k].Policy));
            }
        Console.WriteLine($"Forward of {Batch} images, ms, {cores} cores, median of {rounds} rounds (least to most)\n\n| threads | how they wait | alone | beside one busy process |\n|---|---|---|---|");
        for (var k = 0; k < kinds.Length; k++) Console.WriteLine($"| {kinds[k].Threads} | {(kinds[k].Policy is { Length: > 0 } policy ? $"`OMP_WAIT_POLICY={policy}`" : "as the product has it")} | {Told(times[k].Quiet)} | {Told(times[k].Busy)} |");
    }

    /// <summary>What a process of <see cref="Run"/> does.</summary>
    public static void Time(int threads)
    {
        set_num_threads(threads);
        using var network = Growth.Network(32, 32);
        Growth.Pass(network, 32, Batch, training: false);
        var times = new List<double>();
        for (var k = 0; k < 5; k++)
        {
            var started = Stopwatch.GetTimestamp();
            Growth.Pass(network, 32, Batch, training: false);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        Console.WriteLine(times.Order().ElementAt(2).ToString(CultureInfo.InvariantCulture));
    }

    private static double Milliseconds(int threads, string policy) =>
        double.Parse(OwnProcess.Answer(["time", threads.ToString(CultureInfo.InvariantCulture)], policy.Length > 0 ? [("OMP_WAIT_POLICY", policy)] : []), CultureInfo.InvariantCulture);

    private static string Told(List<double> times) => string.Create(CultureInfo.InvariantCulture, $"{times.Order().ElementAt(times.Count / 2):0} ({times.Min():0} to {times.Max():0})");

    private sealed class Spinner : IDisposable
    {
        private readonly Thread thread;
        private volatile bool over;

        public Spinner()
        {
            thread = new Thread(() =>
            {
                while (!over) Thread.SpinWait(1000);
            });
            thread.Start();
        }

        public void Dispose()
        {
            over = true;
            thread.Join();
        }
    }
}
