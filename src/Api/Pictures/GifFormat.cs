using Diffusion.Imaging;

namespace Diffusion.Api.Pictures;

/// <summary>How the pictures came about, as a GIF: every frame a sheet of all of them.</summary>
internal sealed class GifFormat() : PictureFormat("gif", "image/gif")
{
    public override bool NeedsFrames => true;

    public override byte[] Pack(PictureSet pictures) => Animation.Gif(pictures.Film(), Film.Stay, Film.Last);
}
