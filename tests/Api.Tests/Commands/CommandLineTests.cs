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

    [Fact]
    public void TryAnswer_Help_ListsTheCommands()
    {
        var (code, output, error) = Run("--help");
        Assert.Equal((0, ""), (code, error));
        Assert.All(CommandLine.Commands, c => Assert.Contains(c, output, StringComparison.Ordinal));
    }

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

    [Fact]
    public async Task Program_UnknownCommand_EndsWithoutServing()
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, "build"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            var error = await process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            Assert.Equal(2, process.ExitCode);
            Assert.StartsWith("'build' is no command", error, StringComparison.Ordinal);
        }
        finally
        {
            process.Kill();
        }
    }
}
