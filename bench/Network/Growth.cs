using System.Diagnostics;
using System.Globalization;
using Diffusion.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Bench.Network;

/// <summary>
/// How the cost of a network grows with the batch, the resolution and the width, and how its memory grows with the batch. All sizes of a
/// curve take turns, so that what disturbs the machine disturbs all of them.
/// </summary>
internal sealed class Growth(int rounds)
{
    private readonly TextWriter into = Console.Out;

    public void Speed()
    {
        Curve("batch", "width 32, 32x32", "images/s", [1, 2, 4, 8, 16, 32, 64, 128, 256], b => (Width: 32, Size: 32, Batch: b), (b, seconds) => b / seconds);
        Curve("resolution", "width 32, batch 8", "megapixels/s", [8, 16, 24, 32, 48, 64, 96, 128], s => (Width: 32, Size: s, Batch: 8), (s, seconds) => 8e-6 * s * s / seconds);
        Curve("width", "32x32, batch 8", "images/s, times (width / 32)^2", [16, 32, 48, 64, 96, 128, 192], w => (Width: w, Size: 32, Batch: 8), (w, seconds) => 8 / seconds * w * w / 1024);
    }

    /// <summary>Each in a process of its own, whose peak is what the system says of it.</summary>
    public void Memory()
    {
        into.WriteLine("\nMemory, width 32, 32x32: the most that a process had, MiB\n\n| batch | forward | forward and backward |\n|---|---|---|");
        foreach (var batch in new[] { 1, 8, 32, 64, 128, 256 })
            into.WriteLine($"| {batch} | {PeakOf("forward", batch)} | {PeakOf("training", batch)} |");
    }

    /// <summary>What a process of <see cref="Memory"/> does.</summary>
    public static void Peak(string what, int batch)
    {
        set_num_threads(1);
        using var network = Network(32, 32);
        for (var k = 0; k < 3; k++) Pass(network, 32, batch, training: what == "training");
        Console.WriteLine(File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
    }

    private void Curve(string what, string rest, string unit, int[] sizes, Func<int, (int Width, int Size, int Batch)> of, Func<int, double, double> rate)
    {
        var networks = sizes.Select(s => Network(of(s).Width, of(s).Size)).ToArray();
        var times = sizes.Select(_ => new List<double>()).ToArray();
        for (var round = -1; round < rounds; round++)
            for (var k = 0; k < sizes.Length; k++)
            {
                var repeats = Math.Max(1, 32 * 1024 / (of(sizes[k]).Batch * of(sizes[k]).Size * of(sizes[k]).Size));
                var started = Stopwatch.GetTimestamp();
                for (var repeat = 0; repeat < repeats; repeat++) Pass(networks[k], of(sizes[k]).Size, of(sizes[k]).Batch, training: false);
                // the first round chooses and packs what the others only use
                if (round >= 0) times[k].Add(Stopwatch.GetElapsedTime(started).TotalSeconds / repeats);
            }
        foreach (var network in networks) network.Dispose();
        into.WriteLine($"\nForward by {what} ({rest}), one thread, median of {rounds} rounds (least to most)\n\n| {what} | ms | {unit} |\n|---|---|---|");
        for (var k = 0; k < sizes.Length; k++)
        {
            var sorted = times[k].Order().ToArray();
            into.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {sizes[k]} | {sorted[rounds / 2] * 1e3:0.0} ({sorted[0] * 1e3:0.0} to {sorted[^1] * 1e3:0.0}) | {rate(sizes[k], sorted[rounds / 2]):0.00} |"));
        }
    }

    public static UNet Network(int width, int size) => new(new UNetConfig
    {
        ImageSize = size,
        Channels = 1,
        Classes = 10,
        ModelChannels = width,
        ChannelMultipliers = [1, 2, 2],
        ResidualBlocks = 1,
        AttentionResolutions = [size / 4],
        HeadChannels = 32,
    }, seed: 1);

    public static void Pass(UNet network, int size, int batch, bool training)
    {
        using var scope = NewDisposeScope();
        using var gradients = set_grad_enabled(training);
        var output = network.forward(randn(batch, 1, size, size), arange(batch).remainder(1000), arange(batch).remainder(10));
        if (!training) return;
        output.square().mean().backward();
        network.zero_grad();
    }

    private static string PeakOf(string what, int batch) =>
        $"{long.Parse(OwnProcess.Answer(["peak", what, batch.ToString(CultureInfo.InvariantCulture)]), CultureInfo.InvariantCulture) / 1024}";
}
