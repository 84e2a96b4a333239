using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Diffusion.Api.Errors;
using Diffusion.Api.Uploads;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Idempotency;

/// <summary>The header Idempotency-Key, and the digests that stand for it and for its request.</summary>
internal static class IdempotencyKey
{
    /// <summary>The header.</summary>
    public const string Header = "Idempotency-Key";

    private const int MaxLength = 255;

    /// <summary>The key of a request, or null.</summary>
    /// <exception cref="RequestRefusedException">It is empty, too long, given twice, not printable, or asks to repeat a stream.</exception>
    public static string? Of(HttpRequest request)
    {
        var given = request.Headers[Header];
        if (given.Count == 0) return null;
        if (given is not [{ Length: > 0 and <= MaxLength } key] || key.Any(c => c is < ' ' or > '~'))
            throw RequestRefusedException.Invalid([new FieldError(Header, $"{Header} must be given once, with 1..{MaxLength} printable ASCII characters.")]);
        if (request.Headers.Accept.Any(a => a?.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase) == true))
            throw RequestRefusedException.Invalid([new FieldError(Header, $"{Header} cannot stand with Accept: text/event-stream; a stream cannot be repeated.")]);
        return key;
    }

    /// <summary>Digest of who asks, where, and with which key: the same key of another caller or for another resource is another key.</summary>
    public static string ScopeOf(string client, HttpRequest request, string key) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{client}\n{request.Method}\n{request.Path}\n{key}")));

    /// <summary>Digest of query, Accept and body; the body can be read again.</summary>
    public static async Task<string> FingerprintAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        request.EnableBuffering();
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(Encoding.UTF8.GetBytes($"{request.QueryString}\n{request.Headers.Accept}\n"));
        // clients draw a new boundary for each form, so that a repeated one differs in nothing else
        if (!await FormBody.TryDigestAsync(request, digest, cancellationToken)) await DigestAsync(request, digest, cancellationToken);
        request.Body.Position = 0;
        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }

    private static async Task DigestAsync(HttpRequest request, IncrementalHash digest, CancellationToken cancellationToken)
    {
        digest.AppendData(Encoding.UTF8.GetBytes($"{request.ContentType}\n"));
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            while (await request.Body.ReadAsync(buffer, cancellationToken) is var read and > 0) digest.AppendData(buffer.AsSpan(0, read));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
