using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace Diffusion.Api.Contracts;

/// <summary>The stretch of a file that a request with the header Range is about (RFC 9110, section 14).</summary>
/// <param name="From">Its first byte.</param>
/// <param name="Count">Its bytes; 0 where the file has none of those that were asked for.</param>
internal readonly record struct ByteRange(long From, long Count)
{
    private const string Bytes = "bytes";

    /// <summary>Whether there is anything to send.</summary>
    public bool IsSatisfiable => Count > 0;

    /// <summary>
    /// Null where the whole file is the answer: no range was asked for, several were, it cannot be read, or If-Range names
    /// another file than this one.
    /// </summary>
    /// <param name="headers">Of the request.</param>
    /// <param name="tag">ETag of the file as it is now.</param>
    /// <param name="length">Its bytes.</param>
    public static ByteRange? Of(RequestHeaders headers, EntityTagHeaderValue tag, long length)
    {
        if (headers.Range is not { Ranges.Count: 1 } asked || asked.Unit != Bytes) return null;
        var range = asked.Ranges.Single();
        // a date says nothing of a file that has none
        if (headers.IfRange is { } only && (only.EntityTag is not { } expected || !expected.Compare(tag, useStrongComparison: true))) return null;
        if (range.From is not { } from) return new ByteRange(length - Math.Min(range.To!.Value, length), Math.Min(range.To.Value, length));
        var last = Math.Min(range.To ?? length - 1, length - 1);
        return new ByteRange(from, Math.Max(0, last - from + 1));
    }

    /// <summary>The header Content-Range.</summary>
    public ContentRangeHeaderValue In(long length) => IsSatisfiable ? new(From, From + Count - 1, length) : new(length);
}
