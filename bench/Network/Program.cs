using System.Globalization;
using Diffusion.Bench.Network;
using Diffusion.Kernels;
using Diffusion.Networks;
using TorchSharp;
using static TorchSharp.torch;

// What our kernels and layout gain over the plain operators of the same libtorch: the same network and weights, both ways in
// turns within one process, in processor time, which other programs disturb less than the clock. Only the ratio means anything.
// usage: dotnet run -c Release --project bench/Network -- [width] [blocks] [pairs] [threads]
// with the word growth in place of the width: curves over batch, resolution and width, and memory over the batch; then [rounds]
// with the word competition: what another busy process costs; then [rounds]
ThreadTeam.Prepare();
if (args is ["peak", var what, var size])
{
    Growth.Peak(what, int.Parse(size, CultureInfo.InvariantCulture));
    return;
}
if (args is ["time", var team])
{
    Competition.Time(int.Parse(team, CultureInfo.InvariantCulture));
    return;
}
if (args is ["competition", ..])
{
    new Competition(Number(1, 5)).Run();
    return;
}
int Number(int index, int fallback) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : fallback;
var (width, blocks, pairs, threads) = (args is ["growth", ..] ? 0 : Number(0, 32), Number(1, 1), Number(2, 7), Number(3, 1));
set_num_threads(threads);
if (args is ["growth", ..])
{
    var growth = new Growth(Number(1, 5));
    growth.Speed();
    growth.Memory();
    return;
}
using var network = new UNet(new UNetConfig
{
    ImageSize = 32,
    Channels = 1,
    Classes = 10,
    ModelChannels = width,
    ChannelMultipliers = [1, 2, 2],
    ResidualBlocks = blocks,
    AttentionResolutions = [8],
    HeadChannels = 32,
}, seed: 1);
Console.WriteLine($"width {width}, {blocks} blocks, {threads} threads, {network.parameters().Sum(p => p.numel()):N0} parameters; median of {pairs} pairs, ms");
Console.WriteLine("| what | batch | plain | kernels | gain (least to most) |");
Console.WriteLine("|---|---|---|---|---|");
foreach (var batch in new[] { 1, 8, 32, 64 }) Row("forward", batch, Forward);
foreach (var batch in new[] { 8, 32, 64 }) Row("forward and backward", batch, Step);

void Row(string what, int batch, Action<Tensor, Tensor, Tensor> work)
{
    using var scope = NewDisposeScope();
    var (x, time, labels) = (randn(batch, 1, 32, 32), arange(batch).mul(7), arange(batch).remainder(10));
    var repeats = Math.Max(1, 16 / batch);
    double Run()
    {
        var started = Environment.CpuUsage.TotalTime;
        for (var k = 0; k < repeats; k++) work(x, time, labels);
        return (Environment.CpuUsage.TotalTime - started).TotalMilliseconds / repeats;
    }
    double Plain()
    {
        using var plain = NativeKernels.Plain();
        return Run();
    }
    Plain();
    Run();
    var measured = Enumerable.Range(0, pairs).Select(_ => (Plain: Plain(), Ours: Run())).ToArray();
    var gains = measured.Select(m => m.Plain / m.Ours).Order().ToArray();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {what} | {batch} | {Median(measured.Select(m => m.Plain)):0.0} | {Median(measured.Select(m => m.Ours)):0.0} | {gains[pairs / 2]:0.00} ({gains[0]:0.00} to {gains[^1]:0.00}) |"));
}

void Forward(Tensor x, Tensor time, Tensor labels)
{
    using var noGrad = no_grad();
    network.forward(x, time, labels).Dispose();
}

void Step(Tensor x, Tensor time, Tensor labels)
{
    using var scope = NewDisposeScope();
    network.forward(x, time, labels).square().mean().backward();
}

static double Median(IEnumerable<double> values)
{
    var sorted = values.Order().ToArray();
    return sorted[sorted.Length / 2];
}
