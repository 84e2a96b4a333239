using System.Diagnostics;
using Diffusion.Api.Access;
using Diffusion.Api.Commands;
using Diffusion.Training.Commands;

namespace Diffusion.Api.Tests.Commands;

public sealed class CommandLineTests
{
    private static (int? Code, string Output, string Error) Run(params string[] args)
    {
        using StringWriter output = new(), error = new();
        var code = CommandLine.TryAnswer(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    [Theory]
    [InlineData("build")]
    [InlineData("serve", "--urls", "http://localhost:9")]
    [InlineData("--urls", "http://localhost:9", "serve")]
    [InlineData("--insecure", "model", "list")]
    [InlineData("")]
    public void TryAnswer_WhatIsNoCommand_IsRefusedWithAllOfThem(params string[] args)
    {
        var (code, output, error) = Run(args);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains($"'{args.First(a => !a.StartsWith("--", StringComparison.Ordinal) && !a.StartsWith("http", StringComparison.Ordinal))}' is no command", error, StringComparison.Ordinal);
        Assert.Contains("train, import, datasets, evaluate, average, profile, models, keys", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("--insecure")]
    [InlineData("--insecure", "--urls", "http://0.0.0.0:9")]
    [InlineData("--urls", "http://0.0.0.0:9", "--insecure")]
    [InlineData("--contentRoot=/tmp", "--Inference:MaxSteps", "-1")]
    [InlineData("Inference:MaxSteps=9")]
    [InlineData("/urls", "http://localhost:9")]
    public void TryAnswer_SettingsOfTheService_LetItStart(params string[] args) => Assert.Equal((null, "", ""), Run(args));

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public void TryAnswer_Help_ListsTheCommands(string help)
    {
        var (code, output, error) = Run(help);
        Assert.Equal((0, ""), (code, error));
        Assert.All(CommandLine.Commands, c => Assert.Contains(c, output, StringComparison.Ordinal));
    }

    public static TheoryData<string> All => [.. CommandLine.Commands];

    /// <summary>Its own usage and no other, wherever on the line it is asked for.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void TryHelp_OfEveryCommand_IsItsUsage(string command)
    {
        string[][] lines = [[command, "--help"], [command, "-h"], [command, "add", "--help"], [command, "--model", "digits-ddpm", "-h"]];
        foreach (var args in lines)
        {
            using var output = new StringWriter();
            Assert.Equal(0, CommandLine.TryHelp(args, output));
            var usage = output.ToString().TrimEnd().Split('\n');
            Assert.All(usage, line => Assert.True(line.StartsWith($"{command} ", StringComparison.Ordinal) || line.StartsWith("  ", StringComparison.Ordinal) || line.StartsWith("each with ", StringComparison.Ordinal), line));
        }
    }

    [Theory]
    [InlineData]
    [InlineData("--help")]
    [InlineData("train", "job.json")]
    [InlineData("build", "--help")]
    [InlineData("--urls", "-h")]
    public void TryHelp_WhereNobodyAsksForACommand_IsLeftToTheOthers(params string[] args) => Assert.Null(CommandLine.TryHelp(args, TextWriter.Null));

    /// <summary>Every name of the list is taken by somebody: with an option that there is not, each says what is wrong.</summary>
    [Fact]
    public async Task Commands_AllOfTheList_AreTaken()
    {
        foreach (var command in CommandLine.Commands)
        {
            string[] args = [command, "--no-such-option"];
            var code = await TrainingCommands.TryRunAsync(args, CancellationToken.None)
                ?? await ModelCommands.TryRunAsync(args, TextWriter.Null, TextWriter.Null, TimeProvider.System, CancellationToken.None)
                ?? await PictureCommands.TryRunAsync(args, TextWriter.Null, TextWriter.Null, CancellationToken.None)
                ?? KeyCommands.TryRun(args, TextWriter.Null, TextWriter.Null, TimeProvider.System, "keys.json");
            Assert.True(code == 2, command);
        }
    }

    [Theory]
    [InlineData(2, "", "'build' is no command", "build")]
    [InlineData(0, "train JOB.json [", "", "train", "--help")]
    [InlineData(0, "models list", "", "models", "-h")]
    public async Task Program_UnknownCommandOrHelp_EndsWithoutServing(int code, string output, string error, params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, .. args]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            var (said, wrong) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
            await process.WaitForExitAsync(patience.Token);
            Assert.Equal(code, process.ExitCode);
            foreach (var (expected, text) in new[] { (output, await said), (error, await wrong) })
            {
                Assert.StartsWith(expected, text, StringComparison.Ordinal);
                if (expected.Length == 0) Assert.Empty(text);
            }
        }
        finally
        {
            process.Kill();
        }
    }
}
