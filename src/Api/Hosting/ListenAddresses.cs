using System.Net;

namespace Diffusion.Api.Hosting;

/// <summary>Loopback only, unless there are API keys or the operator says otherwise.</summary>
internal static class ListenAddresses
{
    /// <summary>Whether the settings name addresses or ports.</summary>
    public static bool Given(IConfiguration settings) => Urls(settings).Any();

    /// <summary>The addresses that other machines can reach.</summary>
    public static IEnumerable<string> Open(IConfiguration settings) => Urls(settings).Where(url => !IsLoopback(url));

    /// <summary>Why the service must not start with these settings, or null.</summary>
    public static string? Refusal(IConfiguration settings, bool hasKeys)
    {
        if (hasKeys || Settings.IsInsecure(settings)) return null;
        var open = Open(settings).ToArray();
        return open.Length == 0 ? null
            : $"{string.Join(", ", open)} can be reached from other machines and no key protects it. Add one with ./run keys add NAME, listen on localhost, or start with --insecure (Api__Insecure=true) if that is meant.";
    }

    /// <summary>Whether only this machine can reach the address.</summary>
    internal static bool IsLoopback(string url)
    {
        var address = BindingAddress.Parse(url);
        return address.IsUnixPipe || address.IsNamedPipe || address.Host == "localhost"
            || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
    }

    private static IEnumerable<string> Urls(IConfiguration settings)
    {
        foreach (var url in Split(settings["urls"])) yield return url;
        foreach (var port in Split(settings["http_ports"])) yield return $"http://*:{port}";
        foreach (var port in Split(settings["https_ports"])) yield return $"https://*:{port}";
        foreach (var endpoint in settings.GetSection("Kestrel:Endpoints").GetChildren())
            if (endpoint["Url"] is { } url) yield return url;
    }

    private static string[] Split(string? list) => (list ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
