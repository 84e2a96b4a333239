using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Diffusion.Api.Tests.Streams;

/// <summary>One server-sent event.</summary>
internal sealed record SentEvent(string Type, string? Id, JsonElement Data);

/// <summary>Reads server-sent events as the WHATWG specification tells a browser to.</summary>
internal sealed class EventReader : IDisposable
{
    private readonly HttpResponseMessage response;

    private EventReader(HttpResponseMessage response) => this.response = response;

    /// <summary>Opens a stream; the answer must be one.</summary>
    public static async Task<EventReader> OpenAsync(HttpClient http, HttpMethod method, string path, CancellationToken cancellationToken, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("no-store", response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        return new EventReader(response);
    }

    public string Id => Assert.Single(response.Headers.GetValues("X-Generation-Id"));

    public async IAsyncEnumerable<SentEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        string? type = null, id = null, data = null;
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length == 0)
            {
                if (data is not null) yield return new SentEvent(type!, id, JsonDocument.Parse(data).RootElement);
                (type, id, data) = (null, null, null);
                continue;
            }
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var value = line[(colon + 1)..].TrimStart(' ');
            switch (line[..colon])
            {
                case "event": type = value; break;
                case "id": id = value; break;
                case "data": data = value; break;
                case "retry" or "": break;
                default: Assert.Fail(line); break;
            }
        }
    }

    public async Task<List<SentEvent>> AllAsync(CancellationToken cancellationToken)
    {
        var events = new List<SentEvent>();
        await foreach (var next in ReadAsync(cancellationToken)) events.Add(next);
        return events;
    }

    /// <summary>Leaves.</summary>
    public void Dispose() => response.Dispose();
}
