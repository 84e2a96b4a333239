using Diffusion.Api.Access;
using Diffusion.Training.Commands;

namespace Diffusion.Api.Commands;

/// <summary>What the executable's arguments may be: a command, or settings of the service.</summary>
internal static class CommandLine
{
    private const string InsecureSwitch = "--insecure";

    private static readonly string[] HelpSwitches = ["--help", "-h"];

    /// <summary>The first words of all commands.</summary>
    public static IReadOnlyList<string> Commands { get; } = [.. PictureCommands.Names, .. TrainingCommands.Names, "models", "keys"];

    private static string Known => $"Commands: {string.Join(", ", Commands)}; COMMAND --help says how it is used. "
        + "Without a command the service starts; its arguments are settings, --Section:Name VALUE, and --insecure.";

    /// <summary>Says how a command is used, for <c>COMMAND --help</c> with whatever else beside it.</summary>
    /// <param name="args">The command line of the executable.</param>
    /// <param name="output">For the usage.</param>
    /// <returns>The exit code, or null if nobody asks.</returns>
    public static int? TryHelp(string[] args, TextWriter output)
    {
        if (args is not [var command, .. var rest] || !rest.Any(HelpSwitches.Contains) || UsageOf(command) is not { } usage) return null;
        output.WriteLine(usage);
        return 0;
    }

    /// <summary>Answers what is no command and no start of the service.</summary>
    /// <param name="args">The command line of the executable, which names no command.</param>
    /// <param name="output">For <c>--help</c>.</param>
    /// <param name="error">For what is wrong.</param>
    /// <returns>The exit code, or null if the service is to start.</returns>
    public static int? TryAnswer(string[] args, TextWriter output, TextWriter error)
    {
        if (args is [var only] && HelpSwitches.Contains(only))
        {
            output.WriteLine(Known);
            return 0;
        }
        if (Stray(args) is not { } stray) return null;
        error.WriteLine($"'{stray}' is no command and no setting. {Known}");
        return 2;
    }

    private static string? UsageOf(string command) => command switch
    {
        "models" => ModelCommands.Usage,
        "keys" => KeyCommands.Usage,
        _ => PictureCommands.UsageOf(command) ?? TrainingCommands.UsageOf(command),
    };

    /// <summary>The first argument that is neither a switch, nor a setting, nor the value of one.</summary>
    private static string? Stray(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i].Contains('=', StringComparison.Ordinal) || args[i] == InsecureSwitch) continue;
            if (!args[i].StartsWith('-') && !args[i].StartsWith('/')) return args[i];
            // the value of this setting
            if (i + 1 < args.Length && args[i + 1] != InsecureSwitch) i++;
        }
        return null;
    }
}
