using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Pictures;

/// <summary>The pixels alone: uint8 [N, H, W, C].</summary>
internal sealed class RawBytesFormat() : PictureFormat("u8", "application/octet-stream; dtype=uint8")
{
    public override byte[] Pack(PictureSet pictures) => RawArrays.Bytes(pictures.Result);

    public override void Describe(IHeaderDictionary headers, GenerationResult result) => RawArrays.Describe(headers, result, "uint8");
}
