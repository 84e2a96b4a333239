using System.Runtime.InteropServices;
using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Training.Data;
using Diffusion.Training.Evaluation;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Diffusion.Training.Runs;

namespace Diffusion.Training.Commands;

/// <summary>The headless commands: the same code as the service, with a progress bar.</summary>
public static class TrainingCommands
{
    private const string TrainUsage = "train JOB.json [--threads N] [--device cpu|cuda] [--tf32 off|on] [--perceptual-network FILE.pt] [--data DIR] [--state DIR] [--models DIR]";

    /// <summary>The first words of the training commands.</summary>
    public static IReadOnlyList<string> Names { get; } = ["train", "import", "datasets", "evaluate", "average", "profile"];

    /// <summary>How a command is used, or null if this is no training command.</summary>
    /// <param name="command">The first word.</param>
    public static string? UsageOf(string command) => command switch
    {
        "train" => TrainUsage,
        "import" => DataCommands.ImportUsage,
        "datasets" => DataCommands.SetsUsage,
        "evaluate" => EvaluateCommand.Usage,
        "average" => AverageCommand.Usage,
        "profile" => ProfileCommand.Usage,
        _ => null,
    };

    /// <summary>Runs the command that <paramref name="args"/> names.</summary>
    /// <param name="args">The command line of the executable.</param>
    /// <param name="cancellation">Stops at the next step, with everything saved; so do SIGINT and SIGTERM.</param>
    /// <returns>The exit code, or null if this is no training command.</returns>
    public static async Task<int?> TryRunAsync(string[] args, CancellationToken cancellation)
    {
        if (args is not [var command, .. var rest] || !Names.Contains(command, StringComparer.Ordinal)) return null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            var arguments = new CommandArguments(rest);
            return command switch
            {
                "train" => await TrainAsync(arguments, stop.Token),
                "evaluate" => await EvaluateCommand.RunAsync(arguments, Options(arguments), stop.Token),
                "average" => AverageCommand.Run(arguments, Options(arguments), stop.Token),
                "profile" => await ProfileCommand.RunAsync(arguments, Options(arguments)),
                "import" => DataCommands.Import(arguments, Console.Out, !Console.IsOutputRedirected, stop.Token),
                _ => DataCommands.Sets(arguments, Console.Out),
            };
        }
        catch (CommandException wrong)
        {
            await Console.Error.WriteLineAsync($"{wrong.Message}{Environment.NewLine}{UsageOf(command)}");
            return 2;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 130;
        }
        catch (Exception known) when (known is TrainingJobException or EvaluationException or CheckpointException or DamagedDataException or TrainingDivergedException or SamplingOptionException or SafeTensorsException or IOException)
        {
            await Console.Error.WriteLineAsync(known.Message);
            return 1;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static async Task<int> TrainAsync(CommandArguments arguments, CancellationToken stop)
    {
        var jobFile = await File.ReadAllBytesAsync(arguments.Position(0, "The job file"), stop);
        var options = Options(arguments);
        options.PerceptualNetwork = arguments.Text("perceptual-network", options.PerceptualNetwork);
        arguments.Close(positions: 1);
        var time = TimeProvider.System;
        var progress = new ProgressLine(Console.Out, !Console.IsOutputRedirected, time);
        var run = new TrainingRun(jobFile, options, new CheckpointStore(options.Models, time), time) { Report = progress.Show };
        var outcome = await DedicatedThread.Run("training", () => run.Execute(stop));
        Console.WriteLine(outcome.Finished
            ? $"Published {outcome.Model}{(outcome.Version is { } version ? $" version {version}" : "")}."
            : $"Stopped after step {outcome.Steps}; the same command goes on from there.");
        return outcome.Finished ? 0 : 130;
    }

    private static TrainingOptions Options(CommandArguments arguments)
    {
        var defaults = new TrainingOptions();
        Precision.AllowTf32(arguments.Choice("tf32", "off", "on", "off") == "on");
        return new TrainingOptions
        {
            Data = arguments.Text("data", defaults.Data),
            State = arguments.Text("state", defaults.State),
            Models = arguments.Text("models", defaults.Models),
            Device = arguments.Text("device", defaults.Device),
            Threads = arguments.Int("threads", 0, defaults.Threads),
        };
    }
}
