using System.Globalization;
using Diffusion.Api.Hosting;
using Diffusion.Checkpoints;
using Diffusion.Training.Commands;

namespace Diffusion.Api.Access;

/// <summary><c>keys add</c>, <c>keys list</c>, <c>keys revoke</c>: on the machine of the service, which notices by itself.</summary>
internal static class KeyCommands
{
    /// <summary>How they are used.</summary>
    public const string Usage =
        """
        keys add NAME [--scopes generate,train,admin] [--rows-per-minute N] [--concurrent-rows N] [--weight W]
        keys list
        keys revoke NAME
        """;

    private const double LeastWeight = 0.01;

    /// <summary>Runs the command that the arguments name.</summary>
    /// <param name="args">The command line of the executable.</param>
    /// <param name="output">For answers.</param>
    /// <param name="error">For what is wrong.</param>
    /// <param name="time">Stamps keys.</param>
    /// <param name="keyFile">The file; null for that of the settings.</param>
    /// <returns>The exit code, or null if this is no such command.</returns>
    public static int? TryRun(string[] args, TextWriter output, TextWriter error, TimeProvider time, string? keyFile = null)
    {
        if (args is not ["keys", .. var rest]) return null;
        try
        {
            var arguments = new CommandArguments(rest);
            var path = keyFile ?? OfSettings();
            switch (arguments.Position(0, "What to do"))
            {
                case "add": Add(arguments, path, output, time); break;
                case "list": List(arguments, path, output); break;
                case "revoke": Revoke(arguments, path, output); break;
                case var other: throw new CommandException($"Unknown: 'keys {other}'.");
            }
            return 0;
        }
        catch (CommandException wrong)
        {
            error.WriteLine($"{wrong.Message}{Environment.NewLine}{Usage}");
            return 2;
        }
        catch (Exception known) when (known is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            error.WriteLine(known.Message);
            return 1;
        }
    }

    private static string OfSettings()
    {
        var builder = Settings.CreateBuilder([]);
        return builder.Environment.PathIn(Settings.KeyFile(builder.Configuration));
    }

    private static void Add(CommandArguments arguments, string path, TextWriter output, TimeProvider time)
    {
        var name = arguments.Position(1, "The name of the key");
        if (!CheckpointNames.IsName(name)) throw new CommandException($"'{name}' is not a name: 1 to 64 of a-z, 0-9 and '-', not starting with '-'.");
        var scopes = arguments.Text("scopes", Scopes.Generate).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct().ToArray();
        if (scopes.Length == 0 || scopes.Except(Scopes.All).Any()) throw new CommandException($"--scopes must be some of {string.Join(",", Scopes.All)}, got '{string.Join(",", scopes)}'.");
        var (rows, concurrent) = (arguments.Int("rows-per-minute", 1, 0), arguments.Int("concurrent-rows", 1, 0));
        var weight = arguments.Number("weight", LeastWeight, 1);
        arguments.Close(positions: 2);

        var token = KeyToken.Create();
        KeyFile.Change(path, file =>
        {
            if (file.Keys.Any(k => k.Name == name)) throw new CommandException($"There is a key '{name}' already; revoke it first, or take another name.");
            return file with
            {
                Keys =
                [
                    .. file.Keys,
                    new ApiKey
                    {
                        Name = name, Id = token.Id, Hash = token.Hash(), Scopes = scopes, Created = time.GetUtcNow(), Weight = weight,
                        RowsPerMinute = rows == 0 ? null : rows, ConcurrentRows = concurrent == 0 ? null : concurrent,
                    },
                ],
            };
        });
        output.WriteLine(token.Text);
        output.WriteLine($"This is the only time that the key '{name}' is shown. Send it as Authorization: Bearer dk_...");
    }

    private static void List(CommandArguments arguments, string path, TextWriter output)
    {
        arguments.Close(positions: 1);
        if (KeyFile.Read(path) is not { Keys: [_, ..] keys })
        {
            output.WriteLine("There are no keys.");
            return;
        }
        foreach (var key in keys.OrderBy(k => k.Name, StringComparer.Ordinal))
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{key.Name}  dk_{key.Id}_...  {string.Join(",", key.Scopes)}  rows/min {key.RowsPerMinute?.ToString(CultureInfo.InvariantCulture) ?? "-"}  concurrent rows {key.ConcurrentRows?.ToString(CultureInfo.InvariantCulture) ?? "-"}  weight {key.Weight}  since {key.Created:yyyy-MM-dd}"));
    }

    private static void Revoke(CommandArguments arguments, string path, TextWriter output)
    {
        var name = arguments.Position(1, "The name of the key");
        arguments.Close(positions: 2);
        var left = 0;
        KeyFile.Change(path, file =>
        {
            var kept = file.Keys.Where(k => k.Name != name).ToArray();
            if (kept.Length == file.Keys.Count) throw new CommandException($"There is no key '{name}'.");
            left = kept.Length;
            return file with { Keys = kept };
        });
        output.WriteLine(left > 0
            ? $"The key '{name}' is revoked."
            : $"The key '{name}' is revoked. It was the last one: every call is refused until a key is added, or {path} is deleted.");
    }
}
