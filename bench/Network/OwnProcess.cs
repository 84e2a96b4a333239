using System.Diagnostics;

namespace Diffusion.Bench.Network;

/// <summary>This program once more, as a process that does one thing and prints one line.</summary>
internal static class OwnProcess
{
    public static string Answer(string[] words, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        // under the dotnet host the program is an argument of its own
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (var word in words) start.ArgumentList.Add(word);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var answer = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? answer : throw new InvalidOperationException($"The process of {string.Join(' ', words)} ended with {process.ExitCode}.");
    }
}
