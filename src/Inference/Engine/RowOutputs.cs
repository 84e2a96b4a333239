namespace Diffusion.Inference.Engine;

/// <summary>What a batch gave, row by row.</summary>
/// <param name="IsFinite">False where the state is left as it was, because the row gave NaN or infinity.</param>
/// <param name="Noisy">x' as [C, H, W] where it was demanded.</param>
/// <param name="Clean">The x_0 estimate as [C, H, W] where it was demanded.</param>
/// <param name="Memory">h as the network was shown it, [C, H, W], where it was demanded.</param>
internal sealed record RowOutputs(bool[] IsFinite, float[]?[] Noisy, float[]?[] Clean, float[]?[] Memory)
{
    /// <summary>Of so many rows, still empty.</summary>
    public static RowOutputs Of(bool[] finite) => new(finite, new float[]?[finite.Length], new float[]?[finite.Length], new float[]?[finite.Length]);
}
