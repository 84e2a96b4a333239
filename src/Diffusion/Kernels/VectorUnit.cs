namespace Diffusion.Kernels;

/// <summary>What a processor computes many numbers at a time with, as far as the library of kernels has use for it.</summary>
internal enum VectorUnit
{
    /// <summary>None of those below: the plain operators serve.</summary>
    None,

    /// <summary>Eight numbers at a time, with FMA.</summary>
    Avx2,

    /// <summary>Sixteen at a time: AVX-512 F, VL, BW, DQ and CD.</summary>
    Avx512,
}
