using System.Globalization;
using System.Text;

namespace Diffusion.Api.Tests.Malformed;

/// <summary>A request that is being spoilt; every part of it can be said wrong.</summary>
internal sealed class Draft(string method, string path)
{
    // Kestrel's own limit; it refuses these, paths with %00 and headers that are not ASCII before anybody is asked
    private const int LongestLine = 8 * 1024;

    private bool broken;

    public string Method { get; set; } = method;

    /// <summary>As it goes over the wire, percent-encoded or not.</summary>
    public string Path { get; set; } = path;

    public List<string> Query { get; } = [];

    public string Version { get; set; } = "HTTP/1.1";

    public string? Host { get; set; } = "localhost";

    /// <summary>Latin-1, as a socket takes them.</summary>
    public List<(string Name, string Value)> Headers { get; } = [];

    public string? ContentType { get; set; }

    public byte[]? Body { get; set; }

    /// <summary>What Content-Length says; null for the truth, empty for no such header.</summary>
    public string? Length { get; set; }

    /// <summary>The whole request, where it is none at all.</summary>
    public byte[]? Raw { get; set; }

    /// <summary>Whether it breaks HTTP itself, so that the server may hang up or answer without a word.</summary>
    public bool IsBroken
    {
        get => broken || (Raw is null && (Line.Length > LongestLine || Path.Contains("%00", StringComparison.Ordinal) || Headers.Any(h => h.Value.Any(c => c is < ' ' and not '\t' or > '~'))));
        set => broken = value;
    }

    public string Text
    {
        set => (Body, ContentType) = (Encoding.UTF8.GetBytes(value), ContentType ?? "application/json");
    }

    public void Say(string field, string value) => Query.Add($"{Uri.EscapeDataString(field)}={Uri.EscapeDataString(value)}");

    private string Line => $"{Method} {Path}{(Query.Count > 0 ? "?" : "")}{string.Join('&', Query)} {Version}";

    public byte[] ToBytes()
    {
        if (Raw is not null) return Raw;
        var head = new StringBuilder(Line).Append("\r\n");
        if (Host is not null) head.Append("Host: ").Append(Host).Append("\r\n");
        head.Append("Connection: close\r\n");
        foreach (var (name, value) in Headers) head.Append(name).Append(": ").Append(value).Append("\r\n");
        if (ContentType is not null) head.Append("Content-Type: ").Append(ContentType).Append("\r\n");
        var length = Length ?? (Body is null ? "" : Body.Length.ToString(CultureInfo.InvariantCulture));
        if (length.Length > 0) head.Append("Content-Length: ").Append(length).Append("\r\n");
        return [.. Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()), .. Body ?? []];
    }
}
