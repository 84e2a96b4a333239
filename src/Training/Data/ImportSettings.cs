using System.Text.Json.Serialization;

namespace Diffusion.Training.Data;

/// <summary>How images that are no square of the set's side become one.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ImageFit>))]
public enum ImageFit
{
    /// <summary>Scaled by Lanczos3 until they cover the square; what hangs over is cut off on both sides.</summary>
    [JsonStringEnumMemberName("cover")] Cover,

    /// <summary>Left as they are, with black around them; images that are larger than the square are refused.</summary>
    [JsonStringEnumMemberName("pad")] Pad,
}

/// <summary>How an import turns a source into an image set.</summary>
public sealed record ImportSettings
{
    /// <summary>Width and height of the set's images, in pixels.</summary>
    public required int Size { get; init; }

    /// <summary>1 for grey, 3 for colours.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>What happens to images that are no square.</summary>
    public ImageFit Fit { get; init; } = ImageFit.Cover;

    /// <summary>
    /// Share of the images that become the split <c>test</c> where the source has no splits. An image's own pixels decide, so
    /// that the order of the files is nothing to it.
    /// </summary>
    public double TestShare { get; init; }

    /// <summary>Whether an image with the pixels of one before it, of whichever split, is kept; it is listed in any case.</summary>
    public bool KeepDuplicates { get; init; }

    /// <summary>Where the data come from and under which terms: kept in the manifest.</summary>
    public string Source { get; init; } = "";

    /// <summary>Kept in the manifest too.</summary>
    public string Terms { get; init; } = "";

    internal ImportLimits Limits { get; init; } = new();
}

/// <summary>What an import takes at most. A source beyond it is refused as a whole, an image beyond <see cref="Pixels"/> alone.</summary>
internal sealed record ImportLimits
{
    /// <summary>Files of a folder or an archive.</summary>
    public int Entries { get; init; } = 2_000_000;

    /// <summary>Bytes of one file, unpacked.</summary>
    public long EntryBytes { get; init; } = 64 << 20;

    /// <summary>Bytes of all files of an archive together, unpacked.</summary>
    public long TotalBytes { get; init; } = 64L << 30;

    /// <summary>Unpacked over packed bytes of an archive's file of more than a mebibyte.</summary>
    public int Ratio { get; init; } = 200;

    /// <summary>Width times height of an image before it is scaled.</summary>
    public long Pixels { get; init; } = 64 << 20;

    /// <summary>Bytes of the images of the set.</summary>
    public long SetBytes { get; init; } = 1L << 40;
}
