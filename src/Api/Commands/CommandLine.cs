using Diffusion.Training.Commands;

namespace Diffusion.Api.Commands;

/// <summary>What the executable's arguments may be: a command, or settings of the service.</summary>
internal static class CommandLine
{
    private const string InsecureSwitch = "--insecure", HelpSwitch = "--help";

    /// <summary>The first words of all commands.</summary>
    public static IReadOnlyList<string> Commands { get; } = [.. PictureCommands.Names, .. TrainingCommands.Names, "models", "keys"];

    private static string Known => $"Commands: {string.Join(", ", Commands)}; one that is given wrongly says how it is used. "
        + "Without a command the service starts; its arguments are settings, --Section:Name VALUE, and --insecure.";

    /// <summary>Answers what is no command and no start of the service.</summary>
    /// <param name="args">The command line of the executable, which names no command.</param>
    /// <param name="output">For <c>--help</c>.</param>
    /// <param name="error">For what is wrong.</param>
    /// <returns>The exit code, or null if the service is to start.</returns>
    public static int? TryAnswer(string[] args, TextWriter output, TextWriter error)
    {
        if (args is [HelpSwitch])
        {
            output.WriteLine(Known);
            return 0;
        }
        if (Stray(args) is not { } stray) return null;
        error.WriteLine($"'{stray}' is no command and no setting. {Known}");
        return 2;
    }

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
