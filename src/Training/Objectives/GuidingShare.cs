namespace Diffusion.Training.Objectives;

/// <summary>
/// The weights of uDDDM's two terms: w = 1 / (n + 1) in epoch n for the distance to the image ("guiding"), and 1 - w for that to the
/// memory which the network was shown ("iterative").
/// </summary>
/// <remarks>An image that was shown noise in place of its memory has no earlier estimate to be near to: its w is 1, as all are in epoch 0.</remarks>
internal sealed class GuidingShare(int epoch, int[] remembering)
{
    private readonly HashSet<int> remembers = [.. remembering];

    /// <summary>Whether the iterative term is 0 for all of the batch.</summary>
    public bool IsWhole => epoch == 0 || remembers.Count == 0;

    /// <summary>w in an epoch, 0-based.</summary>
    public static double Of(int epoch) => 1.0 / (epoch + 1);

    /// <summary>w of an image of the batch.</summary>
    public double OfImage(int i) => remembers.Contains(i) ? Of(epoch) : 1;
}
