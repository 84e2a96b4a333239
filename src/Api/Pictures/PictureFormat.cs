using Diffusion.Inference.Jobs;
using Microsoft.Net.Http.Headers;

namespace Diffusion.Api.Pictures;

/// <summary>A form in which pictures leave. To add one: a class like those beside it, and a line in <see cref="All"/>.</summary>
/// <param name="name">The value of the field <c>format</c>.</param>
/// <param name="mediaType">The Content-Type.</param>
internal abstract class PictureFormat(string name, string mediaType)
{
    public static readonly PictureFormat Png = new SheetFormat("png", "png");
    public static readonly PictureFormat Jpeg = new SheetFormat("jpeg", "jpg");
    public static readonly PictureFormat Webp = new SheetFormat("webp", "webp");
    public static readonly PictureFormat Json = new JsonFormat();
    public static readonly PictureFormat Zip = new ZipFormat();
    public static readonly PictureFormat Gif = new GifFormat();
    public static readonly PictureFormat Apng = new ApngFormat();
    public static readonly PictureFormat Strip = new StripFormat();
    public static readonly PictureFormat Npz = new NpzFormat();
    public static readonly PictureFormat RawBytes = new RawBytesFormat();
    public static readonly PictureFormat RawFloats = new RawFloatsFormat();

    /// <summary>All formats; the first is what a caller without a preference gets.</summary>
    public static IReadOnlyList<PictureFormat> All { get; } = [Png, Jpeg, Webp, Json, Zip, Gif, Apng, Strip, Npz, RawBytes, RawFloats];

    /// <summary>The names, for messages.</summary>
    public static string Names { get; } = string.Join(", ", All.Select(f => f.Name));

    public string Name => name;

    public string MediaType => mediaType;

    /// <summary>Ending of a file's name.</summary>
    public virtual string Extension => Name;

    /// <summary>Whether it shows how the pictures came about, so that their frames must have been kept.</summary>
    public virtual bool NeedsFrames => false;

    /// <summary>Whether kept frames are in it.</summary>
    public virtual bool HoldsFrames => NeedsFrames;

    /// <summary>Those that hold frames; the first is what a caller of frames without a preference gets.</summary>
    public static IReadOnlyList<PictureFormat> OfFrames { get; } = [Apng, Gif, Strip, Npz, Zip, RawBytes, RawFloats];

    /// <summary>The format of that name, or null; <c>jpg</c> is understood.</summary>
    public static PictureFormat? Find(string name) => name == "jpg" ? Jpeg : All.FirstOrDefault(f => f.Name == name);

    /// <summary>The best format for an Accept header (RFC 9110, 12.5.1), or null if none is acceptable.</summary>
    public static PictureFormat? Accepted(IList<string> accept) => Accepted(accept, All);

    /// <summary>The same out of some formats.</summary>
    /// <param name="accept">The header.</param>
    /// <param name="formats">The first is what a caller without a preference gets.</param>
    public static PictureFormat? Accepted(IList<string> accept, IReadOnlyList<PictureFormat> formats)
    {
        if (accept.Count == 0) return formats[0];
        if (!MediaTypeHeaderValue.TryParseList(accept, out var ranges)) return null;
        return formats
            .Select(format => (format, quality: Quality(format, ranges)))
            .Where(c => c.quality > 0)
            .OrderByDescending(c => c.quality)
            .Select(c => c.format).FirstOrDefault();
    }

    /// <summary>The body.</summary>
    public abstract byte[] Pack(PictureSet pictures);

    /// <summary>The body of kept frames where they alone were asked for.</summary>
    public virtual byte[] PackFrames(PictureSet pictures) => Pack(pictures);

    /// <summary>Adds what a reader of <see cref="PackFrames"/> has to know beside it.</summary>
    public virtual void DescribeFrames(IHeaderDictionary headers, GenerationResult result)
    {
    }

    /// <summary>Adds what a reader of the body has to know beside it.</summary>
    public virtual void Describe(IHeaderDictionary headers, GenerationResult result)
    {
    }

    // the most specific range that covers the type decides its quality
    private static double Quality(PictureFormat format, IList<MediaTypeHeaderValue> ranges)
    {
        var type = MediaTypeHeaderValue.Parse(format.MediaType);
        return ranges
            .Where(r => type.IsSubsetOf(r))
            .OrderBy(r => r.MatchesAllTypes ? 2 : r.MatchesAllSubTypes ? 1 : 0)
            .Select(r => r.Quality ?? 1).FirstOrDefault();
    }
}
