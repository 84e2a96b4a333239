using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Diffusion.Api.Tests.Documentation;

/// <summary>The examples of a page of the documentation, run as a reader would.</summary>
internal static partial class PageExamples
{
    // as a reader types it, but an answer that is an error is one
    private const string Curl = """set -euo pipefail; curl() { command curl --fail-with-body --silent --show-error --max-time 60 "$@"; }""";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    /// <summary>The blocks of shell commands of a page.</summary>
    public static IReadOnlyList<string> Of(string page) => [.. Examples().Matches(page).Select(m => m.Groups[1].Value)];

    /// <summary>Runs one in a folder; gives its exit code and all that it said.</summary>
    public static async Task<(int Code, string Said)> RunAsync(string folder, string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", $"{Curl}\n{script}"]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var bash = Process.Start(start)!;
        var (said, wrong) = (bash.StandardOutput.ReadToEndAsync(), bash.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(Patience);
        await bash.WaitForExitAsync(patience.Token);
        return (bash.ExitCode, await wrong + await said);
    }

    [GeneratedRegex("^```sh\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Examples();
}
