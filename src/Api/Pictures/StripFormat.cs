using Diffusion.Imaging;

namespace Diffusion.Api.Pictures;

/// <summary>
/// How the pictures came about, side by side: a line of each kept kind (x_t, x0, memory) for each picture, from left to right at
/// most <see cref="MostColumns"/> frames, evenly spaced and ending in the last. With <c>frames=every:50</c> of 1000 steps the
/// progressive strip of T/20.
/// </summary>
internal sealed class StripFormat() : PictureFormat("strip", "image/png")
{
    /// <summary>Frames in a line.</summary>
    public const int MostColumns = 20;

    public override string Extension => "png";

    public override bool NeedsFrames => true;

    public override byte[] Pack(PictureSet pictures)
    {
        var (kept, count) = (pictures.Frames, pictures.Result.Count);
        var columns = Math.Min(MostColumns, kept.Steps.Count);
        var kinds = kept.Kinds.Select(k => k.Values).ToArray();
        var cells =
            from picture in Enumerable.Range(0, count)
            from values in kinds
            from column in Enumerable.Range(1, columns)
            select pictures.Cut(values, (column * kept.Steps.Count / columns - 1) * count + picture);
        return ImageEncoder.Encode(ImageGrid.Arrange([.. cells], columns: columns), "png");
    }
}
