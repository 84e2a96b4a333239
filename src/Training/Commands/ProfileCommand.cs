using System.Diagnostics;
using System.Globalization;
using Diffusion.Checkpoints;
using Diffusion.Kernels;
using Diffusion.Networks;
using Diffusion.Training.Data;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Commands;

/// <summary>
/// <c>profile</c>: where the time of a model's forward pass, of the two passes of a training step, or of what that step does with its gradient goes,
/// by operator; and how long a batch of images takes to be made.
/// </summary>
internal static class ProfileCommand
{
    public const string Usage = "profile --model M [--version V] [--batch 32] [--passes 5] [--what forward|training|update|batch] [--gradient-checkpoint off|on] [--set S] [--data DIR] [--models DIR] [--threads N] [--device D] [--precision float32|bfloat16|float16] [--tf32 off|on]";

    public static Task<int> RunAsync(CommandArguments arguments, TrainingOptions options)
    {
        var (model, version, set) = (arguments.Text("model", ""), arguments.Text("version", ""), arguments.Text("set", ""));
        var (batch, passes) = (arguments.Int("batch", 1, 32), arguments.Int("passes", 1, 5));
        var what = arguments.Choice("what", "forward", "forward", "training", "update", "batch");
        var precision = arguments.Choice("precision", "float32", [.. Precision.Names]);
        var recomputes = arguments.Choice("gradient-checkpoint", "off", "on", "off") == "on";
        arguments.Close(positions: 0);
        if (what != "forward" && precision != "float32") throw new CommandException("--precision is of --what forward: training is in float32.");
        if (model.Length == 0) throw new CommandException("--model is missing.");
        if (what == "batch" && set.Length == 0) throw new CommandException("--set is missing: the image set that batches are made of.");
        if (what != "batch" && !OperatorProfile.Available) throw new CommandException("profile needs the library of kernels, which this build has not: build with Torch=system or -p:LibTorch=FOLDER.");
        var store = new CheckpointStore(options.Models, TimeProvider.System);
        var found = store.Find(model, version) ?? throw new CommandException($"There is no {(version == "" ? "" : $"version {version} of ")}model '{model}' in {store.Root}.");
        return DedicatedThread.Run("profile", () =>
        {
            ThreadTeam.Enter(options.Threads);
            if (what == "batch") ShowBatches(found, Path.Combine(options.Data, set), batch, passes);
            else Show(OperatorsOf(found, Devices.Named(options.Device, "--device"), batch, passes, what, precision, recomputes), batch, passes);
            return 0;
        });
    }

    private static IReadOnlyList<OperatorTime> OperatorsOf(CheckpointVersion version, Device where, int batch, int passes, string what, string precision, bool recomputes)
    {
        using var denoiser = Denoiser.Load(version, where, Precision.Named(precision, where, "--precision"));
        var network = version.Manifest.Network;
        if (what != "forward") denoiser.Network.train();
        if (recomputes) denoiser.Network.Recomputation = new Recomputation(draws: version.Manifest.Network.Dropout > 0);
        using var scope = NewDisposeScope();
        var x = randn([batch, network.Channels, network.ImageSize, network.ImageSize], device: where);
        var memory = network.Memory ? randn_like(x) : null;
        var time = zeros([batch], device: where);
        void Forward() => denoiser.Evaluate(x, time, null, memory).Dispose();
        void Gradient()
        {
            using var step = NewDisposeScope();
            denoiser.Network.forward(x, time, null, memory).square().mean().backward();
            denoiser.Network.Recomputation?.Backward();
        }
        if (what == "update")
        {
            Gradient();
            return Updates(denoiser.Network, version, where, passes);
        }
        return Repeated(passes, what == "forward" ? Forward : () =>
        {
            Gradient();
            denoiser.Network.zero_grad();
        });
    }

    /// <summary>The clipping, the step of AdamW and the average's, with the same gradient each time.</summary>
    private static IReadOnlyList<OperatorTime> Updates(UNet network, CheckpointVersion version, Device where, int passes)
    {
        using var average = new UNet(version.Manifest.Network, schedule: version.Manifest.Traits.Schedule).to(where);
        var settings = new OptimizerSettings { ClipNorm = 1 };
        using var optimizer = new AdamW(network.named_parameters(), settings);
        var descent = new Descent(network, optimizer, new MovingAverage(network, average, new AverageSettings()), settings);
        var n = 0;
        return Repeated(passes, () =>
        {
            descent.Clip();
            descent.Step(n++, 1e-6);
        });
    }

    private static IReadOnlyList<OperatorTime> Repeated(int passes, Action pass)
    {
        // the first pass chooses and compiles what the later ones only run
        pass();
        return OperatorProfile.Of(() =>
        {
            for (var k = 0; k < passes; k++) pass();
        });
    }

    private static void Show(IReadOnlyList<OperatorTime> operators, int batch, int passes)
    {
        var total = operators.Sum(o => o.Milliseconds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{total / passes:0.00} ms a pass of {batch} images, {(double)operators.Sum(o => o.Calls) / passes:0} operators; mean of {passes} passes"));
        using var self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{self.PeakWorkingSet64 / 1048576.0:0} MiB of memory at most, of the whole process"));
        Console.WriteLine("| operator | calls | ms | share |\n|---|---|---|---|");
        foreach (var (name, calls, milliseconds) in operators.TakeWhile(o => o.Milliseconds > total / 500))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {(double)calls / passes:0} | {milliseconds / passes:0.00} | {milliseconds / total:0.0%} |"));
    }

    // a training run makes each of them while the step before it is computed; here nothing else goes on
    private static void ShowBatches(CheckpointVersion version, string folder, int batch, int passes)
    {
        using var images = ImageSet.Open(folder, "train");
        var traits = version.Manifest.Traits;
        var plan = new EpochPlan(seed: 0, images.Count, batch, budget: 0, steps: passes + 1);
        var source = new BatchSource(seed: 0, images, plan, new ForwardProcess(traits.Schedule, 0, 0.1, version.Manifest.Network.NullLabel));
        source.Take(0);
        var started = TimeProvider.System.GetTimestamp();
        for (var step = 1; step <= passes; step++) source.Take(step);
        var took = TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{took / passes:0.00} ms a batch of {batch} images; mean of {passes} batches"));
    }
}
