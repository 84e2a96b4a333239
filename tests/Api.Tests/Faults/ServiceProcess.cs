using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Diffusion.Testing;

namespace Diffusion.Api.Tests.Faults;

/// <summary>The built service as a process of its own, on a free port of this machine; it can be killed.</summary>
internal sealed partial class ServiceProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process process;
    private readonly List<string> said;

    private ServiceProcess(Process process, string url, List<string> said)
    {
        (this.process, this.said) = (process, said);
        Http = new HttpClient { BaseAddress = new Uri(url), Timeout = Patience };
    }

    public HttpClient Http { get; }

    /// <summary>Its process id.</summary>
    public int Id => process.Id;

    /// <summary>Bytes of memory that it has now.</summary>
    public long Memory
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>Everything it wrote, for a test that fails.</summary>
    public string Said
    {
        get
        {
            lock (said) return string.Join('\n', said);
        }
    }

    /// <param name="folder">Holds models, store and state, over all its lives.</param>
    /// <param name="settings">As environment variables: <c>Inference__DrainTimeout</c>.</param>
    public static Task<ServiceProcess> StartAsync(TemporaryFolder folder, params (string Name, string Value)[] settings) => StartAsync(folder, [], settings);

    /// <param name="folder">Holds models, store and state, over all its lives.</param>
    /// <param name="launcher">A command that becomes the service: it gets the service's own command as its last arguments.</param>
    /// <param name="settings">As environment variables.</param>
    public static async Task<ServiceProcess> StartAsync(TemporaryFolder folder, string[] launcher, params (string Name, string Value)[] settings)
    {
        string[] command = [.. launcher, "dotnet", typeof(Program).Assembly.Location, "--urls", "http://127.0.0.1:0"];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var ours = new Dictionary<string, string>
        {
            ["Inference__ModelsPath"] = folder["models"],
            ["Inference__Device"] = "cpu",
            ["Inference__Threads"] = "1",
            ["Store__Path"] = folder["store"],
            ["Training__State"] = folder["state"],
            ["Training__Data"] = folder["data"],
            ["Training__Models"] = folder["models"],
        };
        foreach (var (name, value) in ours) start.Environment[name] = value;
        foreach (var (name, value) in settings) start.Environment[name] = value;
        start.Environment.Remove("ASPNETCORE_URLS");
        var process = Process.Start(start)!;
        var said = new List<string>();
        var listening = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Hear(string? line)
        {
            lock (said) said.Add(line ?? "");
            if (line is null) listening.TrySetException(new InvalidOperationException($"The service ended:\n{string.Join('\n', said)}"));
            else if (Address().Match(line) is { Success: true } found) listening.TrySetResult(found.Value);
        }
        process.OutputDataReceived += (_, e) => Hear(e.Data);
        process.ErrorDataReceived += (_, e) => { lock (said) said.Add(e.Data ?? ""); };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            return new ServiceProcess(process, await listening.Task.WaitAsync(Patience), said);
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>Waits until the models are loaded.</summary>
    public async Task ReadyAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        while ((await Http.GetAsync("/healthz/ready", patience.Token)).StatusCode != HttpStatusCode.OK) await Task.Yield();
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>SIGTERM; returns the exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{process.Id}"])) await kill.WaitForExitAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
        Http.Dispose();
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+(?=$|\s)")]
    private static partial Regex Address();
}
