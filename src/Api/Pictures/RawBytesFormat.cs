using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Pictures;

/// <summary>The pixels alone: uint8 [N, H, W, C]; of frames [K, F, N, H, W, C].</summary>
internal sealed class RawBytesFormat() : PictureFormat("u8", "application/octet-stream; dtype=uint8")
{
    public override byte[] Pack(PictureSet pictures) => RawArrays.Bytes(pictures.Result.Values, pictures.Result);

    public override byte[] PackFrames(PictureSet pictures) =>
        [.. pictures.Frames.Kinds.SelectMany(k => RawArrays.Bytes(k.Values, pictures.Result))];

    public override void DescribeFrames(IHeaderDictionary headers, GenerationResult result) => RawArrays.DescribeFrames(headers, result, "uint8");

    public override void Describe(IHeaderDictionary headers, GenerationResult result) => RawArrays.Describe(headers, result, "uint8");
}
