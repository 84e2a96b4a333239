using Diffusion.Inference.Batching;

namespace Diffusion.Inference.Tests.Batching;

internal static class Lanes
{
    public static LaneKey Of(int version) => new("model", version, 1, 8, 8, "float32", false, false);
}
