using System.Globalization;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;
using Diffusion.Training.Imports;

namespace Diffusion.Api.Contracts;

/// <summary>The headers of resumable uploads (draft-ietf-httpbis-resumable-upload) and of digests (RFC 9530).</summary>
internal static class UploadHeaders
{
    public const string Offset = "Upload-Offset", Complete = "Upload-Complete", Length = "Upload-Length", Limit = "Upload-Limit", Digest = "Content-Digest";

    private const string Algorithm = "sha-256";
    private const int Sha256Bytes = 32;

    /// <summary>Where the bytes of a request belong.</summary>
    /// <exception cref="RequestRefusedException">It does not say so.</exception>
    public static long ReadOffset(IHeaderDictionary headers) =>
        headers[Offset] is [{ } text] && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? offset
            : throw Wrong(Offset, $"{Offset} must be the number of bytes that were sent before, got '{headers[Offset]}'.");

    /// <summary>Whether the bytes of a request are the last; null if it does not say so.</summary>
    /// <exception cref="RequestRefusedException">It says something else.</exception>
    public static bool? ReadComplete(IHeaderDictionary headers) => headers[Complete] switch
    {
        [] => null,
        ["?1"] => true,
        ["?0"] => false,
        var other => throw Wrong(Complete, $"{Complete} must be ?1 or ?0, got '{other}'."),
    };

    /// <summary>SHA-256 of the bytes of a request, or null if it names none.</summary>
    /// <exception cref="RequestRefusedException">It names none that can be checked.</exception>
    public static byte[]? ReadDigest(IHeaderDictionary headers)
    {
        if (headers[Digest].Count == 0) return null;
        foreach (var member in headers[Digest].SelectMany(line => (line ?? "").Split(',', StringSplitOptions.TrimEntries)))
        {
            if (!member.StartsWith(Algorithm + "=:", StringComparison.OrdinalIgnoreCase) || !member.EndsWith(':')) continue;
            var digest = new byte[Sha256Bytes];
            if (Convert.TryFromBase64Chars(member.AsSpan(Algorithm.Length + 2).TrimEnd(':'), digest, out var bytes) && bytes == Sha256Bytes) return digest;
        }
        throw Wrong(Digest, $"{Digest} must have a member such as {Algorithm}=:BASE64:, got '{headers[Digest]}'.");
    }

    /// <summary>Says where an upload stands, and what it takes.</summary>
    public static void Tell(HttpResponse response, SetImport upload, ImportOptions limits)
    {
        var headers = response.Headers;
        headers[Offset] = upload.Offset.ToString(CultureInfo.InvariantCulture);
        headers[Complete] = upload.State == SetImportState.Receiving ? "?0" : "?1";
        if (upload.Length is { } length) headers[Length] = length.ToString(CultureInfo.InvariantCulture);
        headers[Limit] = string.Create(CultureInfo.InvariantCulture, $"max-size={limits.MaxBytes}, max-append-size={limits.MaxBodyBytes}, max-age={(long)limits.UploadAge.TotalSeconds}");
        headers.CacheControl = "no-store";
    }

    private static RequestRefusedException Wrong(string header, string message) => RequestRefusedException.Invalid([new FieldError(header, message)]);
}
