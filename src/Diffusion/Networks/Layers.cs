using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>The few layers of which the networks are made.</summary>
internal static class Layers
{
    /// <summary>
    /// Group norm with 32 groups where they divide the channels (as ADM has it), else with the largest number of
    /// groups below that divides them.
    /// </summary>
    public static GroupNorm Norm(long channels) => nn.GroupNorm(Groups(channels), channels);

    public static Conv2d Conv3x3(long from, long to, long stride = 1) => nn.Conv2d(from, to, 3, stride: stride, padding: 1);

    public static long Groups(long channels)
    {
        for (var groups = Math.Min(32, channels); ; groups--)
            if (channels % groups == 0) return groups;
    }
}
