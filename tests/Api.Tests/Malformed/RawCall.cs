using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Diffusion.Api.Tests.Malformed;

/// <summary>What came back over a socket; <see cref="Status"/> is 0 if the server hung up without a word.</summary>
internal sealed record RawAnswer(int Status, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>Bytes over a socket, as no HTTP client would send them.</summary>
internal static class RawCall
{
    // a server that waits for more has been told enough by then
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(300);

    /// <summary>Sends, and reads until the server hangs up or a stream of events begins.</summary>
    /// <param name="address">The service.</param>
    /// <param name="bytes">The request.</param>
    /// <param name="isWhole">Whether the server has all that it can wait for; else it is told after a moment that no more comes.</param>
    /// <param name="patience">For all of it.</param>
    /// <exception cref="OperationCanceledException">It did not within the time.</exception>
    public static async Task<RawAnswer> SendAsync(Uri address, byte[] bytes, bool isWhole, TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port, limit.Token);
        using var answer = new MemoryStream();
        try
        {
            var reading = ReadAsync(socket, answer, limit.Token);
            try
            {
                await socket.SendAsync(bytes, limit.Token);
                if (!isWhole && await Task.WhenAny(reading, Task.Delay(Grace, limit.Token)) != reading) socket.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // it has heard enough; what it said before is read all the same
            }
            await reading;
        }
        catch (SocketException)
        {
            // hung up, with what was said before
        }
        return Parse(answer.ToArray());
    }

    private static async Task ReadAsync(Socket socket, MemoryStream into, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        while (await socket.ReceiveAsync(buffer, cancellationToken) is var read and > 0)
        {
            into.Write(buffer, 0, read);
            if (into.Length <= 2 * buffer.Length && IsEndless(into.ToArray())) return;
        }
    }

    // a stream of events is an answer as soon as it begins: some have no end
    private static bool IsEndless(byte[] bytes)
    {
        var text = Encoding.Latin1.GetString(bytes);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return end > 0 && text.AsSpan(0, end).Contains("\r\nContent-Type: text/event-stream", StringComparison.OrdinalIgnoreCase);
    }

    private static RawAnswer Parse(byte[] bytes)
    {
        var text = Encoding.Latin1.GetString(bytes);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0) return new RawAnswer(0, new Dictionary<string, string>(), "");
        var head = text[..end].Split("\r\n");
        var status = int.Parse(head[0].Split(' ')[1], CultureInfo.InvariantCulture);
        // "continue" is not yet the answer
        if (status == 100) return Parse(bytes[(end + 4)..]);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in head.Skip(1)) headers[line[..line.IndexOf(':', StringComparison.Ordinal)]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        var body = bytes[(end + 4)..];
        return new RawAnswer(status, headers, Encoding.UTF8.GetString(headers.GetValueOrDefault("Transfer-Encoding") == "chunked" ? Joined(body) : body));
    }

    private static byte[] Joined(byte[] chunks)
    {
        using var body = new MemoryStream();
        var at = 0;
        while (at < chunks.Length)
        {
            var line = Array.IndexOf(chunks, (byte)'\n', at);
            if (line < 0) break;
            var size = int.Parse(Encoding.ASCII.GetString(chunks, at, line - at).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0 || line + 1 + size > chunks.Length) break;
            body.Write(chunks, line + 1, size);
            at = line + 1 + size + 2;
        }
        return body.ToArray();
    }
}
