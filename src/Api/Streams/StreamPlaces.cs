using Diffusion.Api.Access;
using Diffusion.Api.Errors;
using Diffusion.Api.Hosting;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Streams;

/// <summary>How many streams there may be at once, in all and of one client: each holds a connection open.</summary>
internal sealed class StreamPlaces(Callers callers, IOptions<ApiOptions> options)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> byClient = new(StringComparer.Ordinal);
    private int taken;

    /// <summary>Streams that are open.</summary>
    public int Taken
    {
        get
        {
            lock (gate) return taken;
        }
    }

    /// <summary>Takes a place; disposing gives it back.</summary>
    /// <param name="http">Whose it is.</param>
    /// <exception cref="RequestRefusedException">There is none left.</exception>
    public IDisposable Take(HttpContext http)
    {
        var client = callers.Of(http).Client;
        lock (gate)
        {
            var own = byClient.GetValueOrDefault(client);
            if (own >= options.Value.MaxStreamsPerClient) throw Full($"You read {own} streams already, as many as a client may; end one of them.");
            if (taken >= options.Value.MaxStreams) throw Full($"There are {taken} streams already, as many as this service serves.");
            taken++;
            byClient[client] = own + 1;
        }
        return new Place(this, client);
    }

    private static RequestRefusedException Full(string detail) => new(ProblemCatalogue.TooManyStreams, detail);

    private void Leave(string client)
    {
        lock (gate)
        {
            taken--;
            if (--byClient[client] == 0) byClient.Remove(client);
        }
    }

    private sealed class Place(StreamPlaces places, string client) : IDisposable
    {
        private int left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref left, 1) == 0) places.Leave(client);
        }
    }
}
