using System.Runtime.InteropServices;
using Diffusion.Api.Comparisons;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Pictures;
using Diffusion.Imaging;
using Diffusion.Inference.Jobs;
using Diffusion.Training.Commands;

namespace Diffusion.Api.Commands;

/// <summary><c>generate</c> and <c>compare</c>: pictures without a service, by the same engine, with the fields of the calls of the same names.</summary>
internal static class PictureCommands
{
    private const string GenerateUsage =
        """
        generate [--FIELD VALUE ...] --out FILE[,FILE ...] [--models DIR] [--device cpu|cuda] [--threads N]
          every field of POST /generate: --model M --sampler ddim --steps 50 --n 16 --seed 7 --label 0,1,2 --guidance 2 --frames every:50 ...
          the end of a name says the format: .png .jpg .webp .json .zip .npz .gif; a name that ends in / is a folder of PNG files; --format strip, apng, raw
        """;

    private const string CompareUsage =
        """
        compare --runs SAMPLER:STEPS,SAMPLER:STEPS [--FIELD VALUE ...] --out FILE [--models DIR] [--device cpu|cuda] [--threads N]
          the same seeds by each, side by side, with the wall time of each
        """;

    /// <summary>The first words of these commands.</summary>
    public static IReadOnlyList<string> Names { get; } = ["generate", "compare"];

    /// <summary>How a command is used, or null if this is no such command.</summary>
    public static string? UsageOf(string command) => command switch
    {
        "generate" => GenerateUsage,
        "compare" => CompareUsage,
        _ => null,
    };

    /// <summary>Runs the command that the arguments name.</summary>
    /// <param name="args">The command line of the executable.</param>
    /// <param name="output">For answers.</param>
    /// <param name="error">For what is wrong.</param>
    /// <param name="cancellation">Ends it, with no file half written; so do SIGINT and SIGTERM.</param>
    /// <returns>The exit code, or null if this is no such command.</returns>
    public static async Task<int?> TryRunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        if (args is not [var command, .. var rest] || !Names.Contains(command)) return null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            var arguments = new CommandArguments(rest);
            await (command == "generate" ? GenerateAsync(arguments, output, stop.Token) : CompareAsync(arguments, output, stop.Token));
            return 0;
        }
        catch (Exception wrong) when (wrong is CommandException or RequestRefusedException or GenerationRefusedException)
        {
            await error.WriteLineAsync($"{wrong.Message}{Environment.NewLine}{UsageOf(command)}");
            return 2;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 130;
        }
        catch (Exception known) when (known is IOException or UnauthorizedAccessException or GenerationFailedException)
        {
            await error.WriteLineAsync(known.Message);
            return 1;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static async Task GenerateAsync(CommandArguments arguments, TextWriter output, CancellationToken stop)
    {
        var (files, engine) = (PictureFile.Read(arguments), EngineSettings.Read(arguments));
        var command = GenerateFields.Read(Fields(arguments));
        await using var host = await PictureEngine.StartAsync(engine, stop);
        var request = files.Select(f => f.FormatOf(command)).FirstOrDefault(f => f.NeedsFrames) is { } film ? command.RequestFor(film) : command.Request;
        var generation = host.Generations.Submit(request);
        var result = await generation.Completion.WaitAsync(stop);
        foreach (var file in files)
        {
            file.Write(new PictureSet(generation.Facts, result, command.Scale), file.FormatOf(command));
            output.WriteLine(file.Path);
        }
        output.WriteLine(Line(generation.Facts, result));
    }

    private static async Task CompareAsync(CommandArguments arguments, TextWriter output, CancellationToken stop)
    {
        var (files, engine) = (PictureFile.Read(arguments), EngineSettings.Read(arguments));
        var runs = arguments.Text("runs", "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Run).ToArray();
        if (runs.Length is < ComparisonCommand.Fewest or > ComparisonCommand.Most) throw new CommandException($"--runs must be {ComparisonCommand.Fewest}..{ComparisonCommand.Most} of SAMPLER:STEPS, with commas between them.");
        var command = ComparisonCommand.Read(Fields(arguments), runs);
        var format = command.Format ?? files[0].Format ?? PictureFormat.Png;
        if (files.Count > 1 || !ComparisonCommand.Formats.Contains(format)) throw new CommandException($"--out must be one file of {string.Join(", ", ComparisonCommand.Formats.Select(f => f.Name))}.");
        await using var host = await PictureEngine.StartAsync(engine, stop);
        var done = await new Comparison(host.Generations).RunAsync(command with { Format = format }, r => r, _ => { }, stop);
        files[0].Write(format == PictureFormat.Json
            ? System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(ComparisonResponse.Of(done, command.Scale), JsonFormat.Indented)
            : ImageEncoder.Encode(Comparison.SideBySide(done, command.Scale), format.Name));
        output.WriteLine(files[0].Path);
        foreach (var run in done) output.WriteLine(Line(run.Facts, run.Result));
    }

    private static RequestFields Fields(CommandArguments arguments)
    {
        var fields = RequestFields.OfForm(arguments.Rest());
        arguments.Close(positions: 0);
        return fields;
    }

    private static RequestFields Run(string text) => text.Split(':') is [{ Length: > 0 } sampler, { Length: > 0 } steps]
        ? RequestFields.OfForm([new("sampler", sampler), new("steps", steps)])
        : throw new CommandException($"--runs: '{text}' is not SAMPLER:STEPS, such as ddim:50.");

    private static string Line(GenerationFacts facts, GenerationResult result) => FormattableString.Invariant(
        $"{PictureParcel.NameOf(facts)}  {facts.Sampler}, {facts.Steps} steps  {result.Count} pictures  seed {facts.Seed}  {result.SampleMilliseconds / 1000:0.00} s");
}
