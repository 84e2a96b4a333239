using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>How exactly a GPU multiplies float32 numbers. One choice for the whole process; nothing changes on a CPU.</summary>
public static class Precision
{
    /// <summary>
    /// Whether convolutions and matrix products may round their inputs to TF32, 10 bits of mantissa in place of 23, which GPUs since
    /// Ampere multiply several times as fast. libtorch's own default allows it in convolutions only.
    /// </summary>
    public static void AllowTf32(bool allowed)
    {
        backends.cuda.matmul.allow_tf32 = allowed;
        backends.cudnn.allow_tf32 = allowed;
    }
}
