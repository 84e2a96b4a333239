using static TorchSharp.torch;

namespace Diffusion.Training.Loop;

/// <summary>What dropout draws its masks from: the generator of the CPU, and that of each GPU, which torch seeds apart.</summary>
internal static class DropoutSeed
{
    public static void Set(long seed)
    {
        random.manual_seed(seed);
        if (cuda.is_available()) cuda.manual_seed_all(seed);
    }
}
