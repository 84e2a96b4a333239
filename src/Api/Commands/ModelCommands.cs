using Diffusion.Api.Hosting;
using Diffusion.Checkpoints;
using Diffusion.Exchange;
using Diffusion.Inference;
using Diffusion.Training;
using Diffusion.Training.Commands;
using Diffusion.Training.Jobs;
using Diffusion.Training.Runs;

namespace Diffusion.Api.Commands;

/// <summary><c>models list</c> and its like: on the folder of the models, whether a service runs or not; one that runs notices by itself.</summary>
internal sealed class ModelCommands(CommandArguments arguments, TextWriter output, CheckpointStore store, TimeProvider time)
{
    /// <summary>How they are used.</summary>
    public const string Usage =
        """
        models list
        models show NAME[@VERSION]
        models export NAME[@VERSION] [--format safetensors|zip] [--to FILE]
        models import FILE --as NAME
        models promote NAME@VERSION [--alias default]
        models rollback NAME [--alias default]
        models pin NAME@VERSION, models unpin NAME@VERSION
        models delete NAME@VERSION
        each with [--models DIR]; VERSION is a number or an alias
        """;

    /// <summary>Runs the command that the arguments name.</summary>
    /// <param name="args">The command line of the executable.</param>
    /// <param name="output">For answers.</param>
    /// <param name="error">For what is wrong.</param>
    /// <param name="time">Stamps versions.</param>
    /// <param name="cancellation">Ends it, with nothing half done.</param>
    /// <returns>The exit code, or null if this is no such command.</returns>
    public static async Task<int?> TryRunAsync(string[] args, TextWriter output, TextWriter error, TimeProvider time, CancellationToken cancellation)
    {
        if (args is not ["models", .. var rest]) return null;
        try
        {
            var arguments = new CommandArguments(rest);
            var settings = Settings.CreateBuilder([]);
            var models = settings.Environment.PathIn(arguments.Text("models", settings.Configuration[$"{InferenceOptions.Section}:{nameof(InferenceOptions.ModelsPath)}"] ?? new InferenceOptions().ModelsPath));
            var training = settings.Configuration.GetSection(TrainingOptions.Section).Get<TrainingOptions>() ?? new TrainingOptions();
            training.State = settings.Environment.PathIn(arguments.Text("state", training.State));
            await new ModelCommands(arguments, output, new CheckpointStore(models, time), time).RunAsync(training, cancellation);
            return 0;
        }
        catch (CommandException wrong)
        {
            await error.WriteLineAsync($"{wrong.Message}{Environment.NewLine}{Usage}");
            return 2;
        }
        catch (Exception known) when (known is IOException or UnauthorizedAccessException or InvalidDataException or System.Text.Json.JsonException or TrainingJobException)
        {
            await error.WriteLineAsync(known.Message);
            return 1;
        }
    }

    private async Task RunAsync(TrainingOptions training, CancellationToken cancellation)
    {
        switch (arguments.Position(0, "What to do"))
        {
            case "list": List(); break;
            case "show": Show(); break;
            case "export": await ExportAsync(cancellation); break;
            case "import": Import(cancellation); break;
            case "promote": Promote(cancellation); break;
            case "rollback": RollBack(cancellation); break;
            case "pin": Pin(true, cancellation); break;
            case "unpin": Pin(false, cancellation); break;
            case "delete": Delete(training, cancellation); break;
            case var other: throw new CommandException($"Unknown: 'models {other}'.");
        }
    }

    private void List()
    {
        arguments.Close(positions: 1);
        var names = store.Models();
        if (names.Count == 0) output.WriteLine($"No models in {store.Root}.");
        foreach (var name in names) output.WriteLine(ModelTexts.Line(store, name));
    }

    private void Show()
    {
        var (name, version) = Named(1);
        arguments.Close(positions: 2);
        if (version.Length > 0) ModelTexts.Version(store, Found(name, version), output);
        else ModelTexts.Model(store, name, output);
    }

    private async Task ExportAsync(CancellationToken cancellation)
    {
        var (name, version) = Named(1);
        var to = arguments.Text("to", "");
        var form = ExchangeForms.Find(arguments.Choice("format", Path.GetExtension(to) == ".zip" ? "zip" : "safetensors", [.. ExchangeForms.Names]))!.Value;
        arguments.Close(positions: 2);
        var found = Found(name, version);
        var export = new VersionExport(found, store.Results(name, found.Manifest.Version).Latest(found.Manifest.Metrics), form);
        if (to.Length == 0) to = export.FileName;
        if (File.Exists(to)) throw new CommandException($"'{to}' is there already.");
        var aside = $"{to}.{Guid.NewGuid():N}.tmp";
        try
        {
            FileDigest digest;
            await using (var file = new FileStream(aside, FileMode.CreateNew, FileAccess.Write))
            {
                digest = await export.WriteAsync(file, cancellation);
                file.Flush(flushToDisk: true);
            }
            File.Move(aside, to);
            output.WriteLine($"{to}  {digest.Bytes} bytes  sha256 {digest.Sha256}");
        }
        finally
        {
            File.Delete(aside);
        }
    }

    private void Import(CancellationToken cancellation)
    {
        var path = arguments.Position(1, "The file");
        var name = arguments.Text("as", "");
        arguments.Close(positions: 2);
        if (!CheckpointNames.IsName(name)) throw new CommandException($"--as must be the name of the model: 1 to 64 of a-z, 0-9 and '-', not starting with '-', got '{name}'.");
        if (!File.Exists(path)) throw new CommandException($"There is no file '{path}'.");
        var version = new VersionImport(store, time, new ImportLimits { Bytes = long.MaxValue / 2 }).Run(path, Path.GetFileName(path), name, cancellation).Manifest;
        output.WriteLine($"Published {name} version {version.Version}, which was {version.Origin!.Model} version {version.Origin.Version}.");
    }

    private void Promote(CancellationToken cancellation)
    {
        var (name, version) = Named(1);
        var alias = Alias();
        arguments.Close(positions: 2);
        if (version.Length == 0) throw new CommandException("Which version? NAME@VERSION.");
        var found = Sound(Found(name, version));
        store.MoveAlias(name, alias, found.Manifest.Version, cancellation: cancellation);
        output.WriteLine($"{name}@{alias} is version {found.Manifest.Version}.");
    }

    private void RollBack(CancellationToken cancellation)
    {
        var (name, version) = Named(1);
        var alias = Alias();
        arguments.Close(positions: 2);
        if (version.Length > 0) throw new CommandException("An alias is rolled back: NAME, and --alias.");
        if (store.Alias(name, alias) is not { } stands) throw new CommandException($"Model '{name}' has no alias '{alias}'.");
        if (stands.Before is [.., var before] && store.Find(name, FormattableString.Invariant($"{before}")) is { } earlier) Sound(earlier);
        var state = store.RollBackAlias(name, alias, cancellation: cancellation) ?? throw new CommandException($"Alias '{alias}' of '{name}' never stood on another version.");
        output.WriteLine($"{name}@{alias} is version {state.Version} again.");
    }

    private void Pin(bool pinned, CancellationToken cancellation)
    {
        var (name, version) = Named(1);
        arguments.Close(positions: 2);
        var found = Found(name, version).Manifest.Version;
        store.Pin(name, found, pinned, cancellation);
        output.WriteLine($"{name} version {found} is {(pinned ? "kept" : "left to retention")}.");
    }

    private void Delete(TrainingOptions training, CancellationToken cancellation)
    {
        var (name, version) = Named(1);
        arguments.Close(positions: 2);
        if (CheckpointNames.ParseVersion(version) is not { } number) throw new CommandException("A version is deleted by its number: NAME@3.");
        if (!store.Versions(name).Contains(number)) throw new CommandException($"Model '{name}' has no version {number}.");
        if (!store.Aliases(name).ContainsKey(CheckpointStore.DefaultAlias) && store.NewestValid(name)?.Manifest.Version == number)
            throw new CommandException($"Version {number} of '{name}' is what requests without a version get.");
        if (NeededVersions.OfState(training).FirstOrDefault(n => n.Model == name && n.Version == number) is { Reason: { } reason }) throw new CommandException($"Version {number} of '{name}' stays: {reason}.");
        store.DeleteVersion(name, number, cancellation);
        output.WriteLine($"{name} version {number} is deleted; its number is never given again.");
    }

    private string Alias()
    {
        var alias = arguments.Text("alias", CheckpointStore.DefaultAlias);
        return CheckpointNames.IsName(alias) && CheckpointNames.ParseVersion(alias) is null ? alias
            : throw new CommandException($"--alias must be 1 to 64 of a-z, 0-9 and '-' that do not read as a version, got '{alias}'.");
    }

    private (string Name, string Version) Named(int position)
    {
        var (name, version) = CheckpointNames.Split(arguments.Position(position, "The model"));
        return store.Models().Contains(name) ? (name, version ?? "") : throw new CommandException($"There is no model '{name}' in {store.Root}.");
    }

    private CheckpointVersion Found(string name, string version) =>
        store.Find(name, version) ?? throw new CommandException($"Model '{name}' has no version '{version}'; versions: {string.Join(", ", store.Versions(name))}.");

    private static CheckpointVersion Sound(CheckpointVersion version)
    {
        CheckpointStore.Verify(version);
        return version;
    }
}
