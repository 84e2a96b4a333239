namespace Diffusion.Inference.Models;

/// <summary>What the probe of a model found about batches of each size.</summary>
/// <param name="Probed">Size to whether a row there has the same bits whatever its position and its neighbours; ascending.</param>
/// <param name="Sizes">The sizes that also agree with each other, ascending; strict rows run in batches of these.</param>
internal sealed record StrictSizes(IReadOnlyDictionary<int, bool> Probed, IReadOnlyList<int> Sizes)
{
    /// <summary>One row at a time, which is steady by itself: where nothing was found out.</summary>
    public static StrictSizes Alone { get; } = new(new Dictionary<int, bool>(), [1]);
}
