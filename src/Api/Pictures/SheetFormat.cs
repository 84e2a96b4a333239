using Diffusion.Imaging;

namespace Diffusion.Api.Pictures;

/// <summary>All pictures on one sheet, as an image file.</summary>
internal sealed class SheetFormat(string name, string extension) : PictureFormat(name, ImageEncoder.MediaType(name))
{
    public override string Extension => extension;

    public override byte[] Pack(PictureSet pictures) => ImageEncoder.Encode(pictures.Sheet(), Name);
}
