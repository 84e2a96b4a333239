using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Diffusion.Bench.Load;

/// <summary>One running service on a loopback port of its own.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);
    private readonly Process process;
    private readonly DirectoryInfo state = Directory.CreateTempSubdirectory("diffusion-load");

    private ServiceProcess(Settings settings, IReadOnlyDictionary<string, string> environment)
    {
        var url = $"http://127.0.0.1:{FreePort()}";
        var start = new ProcessStartInfo("dotnet") { ArgumentList = { Path.GetFullPath(settings.Service) }, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ASPNETCORE_URLS"] = url;
        start.Environment["Inference__ModelsPath"] = Path.GetFullPath(settings.Models);
        start.Environment["Store__Path"] = Path.Combine(state.FullName, "generations");
        start.Environment["Training__State"] = Path.Combine(state.FullName, "training");
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        process = Process.Start(start)!;
        // a full pipe would stop the service
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => { if (line.Data is { } text) Console.Error.WriteLine(text); };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 4096 }) { BaseAddress = new Uri(url), Timeout = TimeSpan.FromMinutes(5) };
    }

    public HttpClient Http { get; }

    /// <summary>Memory that the service holds now.</summary>
    public long ResidentBytes => long.Parse(
        File.ReadLines($"/proc/{process.Id}/status").Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) * 1024;

    /// <summary>Starts one and waits until it is ready.</summary>
    public static async Task<ServiceProcess> StartAsync(Settings settings, IReadOnlyDictionary<string, string> environment, CancellationToken stop)
    {
        var service = new ServiceProcess(settings, environment);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(StartLimit);
        while (!await service.IsReadyAsync(limit.Token)) await Task.Delay(50, limit.Token);
        return service;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        state.Delete(recursive: true);
    }

    private async Task<bool> IsReadyAsync(CancellationToken stop)
    {
        if (process.HasExited) throw new InvalidOperationException($"The service ended with {process.ExitCode}.");
        try
        {
            using var answer = await Http.GetAsync("/healthz/ready", stop);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
