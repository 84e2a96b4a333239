using Microsoft.Net.Http.Headers;

namespace Diffusion.Api.Contracts;

/// <summary>A form in which pictures leave.</summary>
/// <param name="Name">The value of the field <c>format</c>.</param>
/// <param name="MediaType">The Content-Type.</param>
internal sealed record PictureFormat(string Name, string MediaType)
{
    public static readonly PictureFormat Png = new("png", "image/png");
    public static readonly PictureFormat Jpeg = new("jpeg", "image/jpeg");
    public static readonly PictureFormat Webp = new("webp", "image/webp");
    public static readonly PictureFormat Json = new("json", "application/json");
    public static readonly PictureFormat Zip = new("zip", "application/zip");

    /// <summary>All formats; the first is what a caller without a preference gets.</summary>
    public static IReadOnlyList<PictureFormat> All { get; } = [Png, Jpeg, Webp, Json, Zip];

    /// <summary>The names, for messages.</summary>
    public static string Names { get; } = string.Join(", ", All.Select(f => f.Name));

    /// <summary>The format of that name, or null; <c>jpg</c> is understood.</summary>
    public static PictureFormat? Find(string name) => name == "jpg" ? Jpeg : All.FirstOrDefault(f => f.Name == name);

    /// <summary>The best format for an Accept header (RFC 9110, 12.5.1), or null if none is acceptable.</summary>
    public static PictureFormat? Accepted(IList<string> accept)
    {
        if (accept.Count == 0) return Png;
        if (!MediaTypeHeaderValue.TryParseList(accept, out var ranges)) return null;
        return All
            .Select(format => (format, quality: Quality(format, ranges)))
            .Where(c => c.quality > 0)
            .OrderByDescending(c => c.quality)
            .Select(c => c.format).FirstOrDefault();
    }

    // the most specific range that covers the type decides its quality
    private static double Quality(PictureFormat format, IList<MediaTypeHeaderValue> ranges)
    {
        var type = new MediaTypeHeaderValue(format.MediaType);
        return ranges
            .Where(type.IsSubsetOf)
            .OrderBy(r => r.MatchesAllTypes ? 2 : r.MatchesAllSubTypes ? 1 : 0)
            .Select(r => r.Quality ?? 1).FirstOrDefault();
    }
}
