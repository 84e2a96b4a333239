namespace Diffusion.Inference.Jobs;

/// <summary>Which pictures of a row somebody waits for.</summary>
[Flags]
internal enum FrameDemand
{
    None = 0,
    Noisy = 1,
    Clean = 2,
    Memory = 4,
}
