using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Diffusion.Api.Errors;

namespace Diffusion.Api.Contracts;

/// <summary>Reads the optional JSON body of a request, up to a limit.</summary>
internal static class JsonBody
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };
    private static readonly JsonDocumentOptions Commented = new() { MaxDepth = 8, AllowDuplicateProperties = false, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The body, or null if there is none.</summary>
    /// <exception cref="RequestRefusedException">Not JSON by its Content-Type, longer than the limit, or malformed.</exception>
    public static async Task<JsonElement?> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        var bytes = await ReadBytesAsync(request, limit, cancellationToken);
        return bytes.IsEmpty ? null : Parse(request, bytes);
    }

    /// <summary>The body as it came.</summary>
    /// <exception cref="RequestRefusedException">Longer than the limit.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadBytesAsync(HttpRequest request, int limit, CancellationToken cancellationToken) =>
        request.ContentLength > limit ? throw TooLarge(limit) : await ReadBoundedAsync(request.Body, limit, cancellationToken);

    /// <summary>The JSON in a body that was read.</summary>
    /// <exception cref="RequestRefusedException">Not JSON by its Content-Type, or malformed.</exception>
    public static JsonElement Parse(HttpRequest request, ReadOnlyMemory<byte> body)
    {
        RequireJson(request);
        return Parse(body);
    }

    /// <summary>The JSON object in a body that was read, where people write comments into it.</summary>
    /// <exception cref="RequestRefusedException">Not JSON by its Content-Type, or malformed.</exception>
    public static void ParseCommented(HttpRequest request, ReadOnlyMemory<byte> body)
    {
        RequireJson(request);
        RequireObject(Parse(body, Commented));
    }

    /// <exception cref="RequestRefusedException">It is something else.</exception>
    public static void RequireObject(JsonElement? body)
    {
        if (body is { ValueKind: not JsonValueKind.Object }) throw new RequestRefusedException(ProblemCatalogue.MalformedJson, "The body must be a JSON object.");
    }

    private static void RequireJson(HttpRequest request)
    {
        if (!request.HasJsonContentType()) throw new RequestRefusedException(ProblemCatalogue.UnsupportedMedia, $"The body is of type '{request.ContentType ?? "(none)"}'; send application/json.");
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBoundedAsync(Stream body, int limit, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(limit + 1);
        try
        {
            var length = await body.ReadAtLeastAsync(buffer.AsMemory(0, limit + 1), limit + 1, throwOnEndOfStream: false, cancellationToken);
            return length > limit ? throw TooLarge(limit) : buffer.AsSpan(0, length).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>One JSON value.</summary>
    /// <exception cref="RequestRefusedException">It is malformed.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> bytes) => Parse(bytes, Strict);

    private static JsonElement Parse(ReadOnlyMemory<byte> bytes, JsonDocumentOptions options)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, options);
            RequireTexts(bytes.Span);
            return document.RootElement.Clone();
        }
        catch (JsonException wrong)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"line {wrong.LineNumber + 1}, byte {wrong.BytePositionInLine + 1}");
            var said = wrong.Message.Split(" LineNumber:")[0].Split(" Path:")[0];
            throw new RequestRefusedException(ProblemCatalogue.MalformedJson, wrong.LineNumber is null ? said : $"At {place}: {said}");
        }
    }

    /// <exception cref="RequestRefusedException">A text in it is none.</exception>
    public static void RequireTexts(ReadOnlySpan<byte> json)
    {
        if (!JsonTexts.AreWhole(json)) throw new RequestRefusedException(ProblemCatalogue.MalformedJson, "A text in the body is not valid: bytes that are not UTF-8, or half of a surrogate pair.");
    }

    private static RequestRefusedException TooLarge(int limit) => new(ProblemCatalogue.TooLarge, $"The body may have up to {limit} bytes.");
}
