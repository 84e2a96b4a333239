using System.Runtime.InteropServices;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Pictures;

/// <summary>The values alone, as the network gave them: float32 [N, H, W, C], little-endian, not rounded and not clipped; of frames [K, F, N, H, W, C].</summary>
internal sealed class RawFloatsFormat() : PictureFormat("f32", "application/octet-stream; dtype=float32")
{
    public override byte[] Pack(PictureSet pictures) =>
        MemoryMarshal.AsBytes(RawArrays.Floats(pictures.Result.Values, pictures.Result).AsSpan()).ToArray();

    public override byte[] PackFrames(PictureSet pictures) =>
        [.. pictures.Frames.Kinds.SelectMany(k => MemoryMarshal.AsBytes(RawArrays.Floats(k.Values, pictures.Result).AsSpan()).ToArray())];

    public override void DescribeFrames(IHeaderDictionary headers, GenerationResult result) => RawArrays.DescribeFrames(headers, result, "float32");

    public override void Describe(IHeaderDictionary headers, GenerationResult result) => RawArrays.Describe(headers, result, "float32");
}
