using System.ComponentModel;
using System.Diagnostics;
using Diffusion.Testing;

namespace Diffusion.Tests.Faults;

/// <summary>A test that needs a compiler and a preloaded library; where there is none it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PreloadFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> Allowed = new(() => OperatingSystem.IsLinux() && HasCompiler());

    public PreloadFactAttribute()
    {
        if (!Allowed.Value) Skip = "Needs Linux and g++.";
    }

    private static bool HasCompiler()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("g++", ["--version"]) { RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false; // no such program
        }
    }
}

/// <summary>tests/native/fault_calls.cpp, compiled, and processes that run under it.</summary>
internal sealed class FaultLibrary : IDisposable
{
    /// <summary>The exit code of a process that the library ended.</summary>
    public const int Killed = 86;

    private readonly TemporaryFolder folder = new();

    public FaultLibrary()
    {
        var (code, said) = Run("g++", ["-std=c++20", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", Repository.Path("tests", "native", "fault_calls.cpp"), "-o", Library, "-ldl"], []);
        Assert.True(code == 0, said);
    }

    private string Library => folder["fault_calls.so"];

    /// <summary>Runs the writer; gives its exit code and what it said.</summary>
    public (int Code, string Said) Writer(string[] arguments, params (string Name, string Value)[] settings) =>
        Run("dotnet", [typeof(FaultLibrary).Assembly.Location, .. arguments], [("LD_PRELOAD", Library), ("DOTNET_TieredPGO", "0"), .. settings]);

    public void Dispose() => folder.Dispose();

    private static (int Code, string Said) Run(string program, string[] arguments, (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in settings) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (said, wrong) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        process.WaitForExit();
        return (process.ExitCode, said.GetAwaiter().GetResult() + wrong.GetAwaiter().GetResult());
    }
}
