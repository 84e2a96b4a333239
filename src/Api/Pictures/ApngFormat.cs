using Diffusion.Imaging;

namespace Diffusion.Api.Pictures;

/// <summary>How the pictures came about, as an animated PNG, which keeps every pixel.</summary>
internal sealed class ApngFormat() : PictureFormat("apng", "image/apng")
{
    public override string Extension => "png";

    public override bool NeedsFrames => true;

    public override byte[] Pack(PictureSet pictures) => Animation.Apng(pictures.Film(), Film.Stay, Film.Last);
}
