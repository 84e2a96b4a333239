using System.Globalization;
using Diffusion.Checkpoints;
using Diffusion.Training.Runs;

namespace Diffusion.Training.Commands;

/// <summary>Publishes the mean of the weights of several versions.</summary>
internal static class AverageCommand
{
    public const string Usage = "average --model M --versions 8,13 [--shares 1,1] [--models DIR]";

    public static int Run(CommandArguments arguments, TrainingOptions options, CancellationToken stop)
    {
        var model = arguments.Text("model", "");
        var versions = Numbers("versions", arguments.Text("versions", ""));
        var shares = Numbers("shares", arguments.Text("shares", string.Join(',', versions.Select(_ => 1))));
        arguments.Close(positions: 0);
        if (model.Length == 0) throw new CommandException("--model is missing.");
        if (versions.Length < 2 || versions.Any(v => v != Math.Floor(v) || v > int.MaxValue)) throw new CommandException("--versions must name two or more versions, such as 8,13.");
        if (shares.Length != versions.Length) throw new CommandException($"--shares has {shares.Length} numbers for {versions.Length} versions.");
        var published = WeightAverage.Publish(new CheckpointStore(options.Models, TimeProvider.System), model, [.. versions.Zip(shares, (v, s) => ((int)v, s))], stop);
        Console.WriteLine($"Published {model} version {published.Manifest.Version}.");
        return 0;
    }

    private static double[] Numbers(string name, string text) => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(t =>
        double.TryParse(t, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && number > 0
            ? number : throw new CommandException($"--{name} must be numbers above 0 with commas between, got '{t}'."))];
}
