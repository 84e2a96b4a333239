using System.Runtime.InteropServices;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Pictures;

/// <summary>The values alone, as the network gave them: float32 [N, H, W, C], little-endian, not rounded and not clipped.</summary>
internal sealed class RawFloatsFormat() : PictureFormat("f32", "application/octet-stream; dtype=float32")
{
    public override byte[] Pack(PictureSet pictures) =>
        MemoryMarshal.AsBytes(RawArrays.Floats(pictures.Result.Values, pictures.Result).AsSpan()).ToArray();

    public override void Describe(IHeaderDictionary headers, GenerationResult result) => RawArrays.Describe(headers, result, "float32");
}
