namespace Diffusion.Inference.Models;

/// <summary>What the probe of a model found about batches of each size.</summary>
/// <param name="Probed">Size to whether a row there has the same bits whatever its position and its neighbours; ascending.</param>
/// <param name="Sizes">The sizes that also agree with each other, ascending; strict rows run in batches of these.</param>
internal sealed record StrictSizes(IReadOnlyDictionary<int, bool> Probed, IReadOnlyList<int> Sizes);
