using System.Globalization;
using Diffusion.Checkpoints;
using Diffusion.Kernels;
using Diffusion.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Commands;

/// <summary><c>profile</c>: where the time of a model's forward pass, or of the two passes of a training step, goes, by operator.</summary>
internal static class ProfileCommand
{
    public const string Usage = "profile --model M [--version V] [--batch 32] [--passes 5] [--what forward|training] [--models DIR] [--threads N] [--device D]";

    public static Task<int> RunAsync(CommandArguments arguments, TrainingOptions options)
    {
        var (model, version) = (arguments.Text("model", ""), arguments.Text("version", ""));
        var (batch, passes) = (arguments.Int("batch", 1, 32), arguments.Int("passes", 1, 5));
        var training = arguments.Choice("what", "forward", "forward", "training") == "training";
        arguments.Close(positions: 0);
        if (model.Length == 0) throw new CommandException("--model is missing.");
        if (!OperatorProfile.Available) throw new CommandException("profile needs the library of kernels, which this build has not: build with Torch=system or -p:LibTorch=FOLDER.");
        var store = new CheckpointStore(options.Models, TimeProvider.System);
        var found = store.Find(model, version) ?? throw new CommandException($"There is no {(version == "" ? "" : $"version {version} of ")}model '{model}' in {store.Root}.");
        return DedicatedThread.Run("profile", () =>
        {
            if (options.Threads > 0) set_num_threads(options.Threads);
            Show(OperatorsOf(found, Devices.Named(options.Device, "--device"), batch, passes, training), batch, passes);
            return 0;
        });
    }

    private static IReadOnlyList<OperatorTime> OperatorsOf(CheckpointVersion version, Device where, int batch, int passes, bool training)
    {
        using var denoiser = Denoiser.Load(version, where);
        var network = version.Manifest.Network;
        if (training) denoiser.Network.train();
        using var scope = NewDisposeScope();
        var x = randn([batch, network.Channels, network.ImageSize, network.ImageSize], device: where);
        var memory = network.Memory ? randn_like(x) : null;
        var time = zeros([batch], device: where);
        void Pass()
        {
            if (!training)
            {
                denoiser.Evaluate(x, time, null, memory).Dispose();
                return;
            }
            using var step = NewDisposeScope();
            denoiser.Network.forward(x, time, null, memory).square().mean().backward();
            denoiser.Network.zero_grad();
        }
        // the first pass chooses and compiles what the later ones only run
        Pass();
        return OperatorProfile.Of(() =>
        {
            for (var k = 0; k < passes; k++) Pass();
        });
    }

    private static void Show(IReadOnlyList<OperatorTime> operators, int batch, int passes)
    {
        var total = operators.Sum(o => o.Milliseconds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{total / passes:0.00} ms a pass of {batch} images; mean of {passes} passes"));
        Console.WriteLine("| operator | calls | ms | share |\n|---|---|---|---|");
        foreach (var (name, calls, milliseconds) in operators.TakeWhile(o => o.Milliseconds > total / 500))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {(double)calls / passes:0} | {milliseconds / passes:0.00} | {milliseconds / total:0.0%} |"));
    }
}
