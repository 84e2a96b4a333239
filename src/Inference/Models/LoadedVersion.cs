namespace Diffusion.Inference.Models;

/// <summary>A version that is in memory.</summary>
/// <param name="Version">Its number.</param>
/// <param name="Bytes">Bytes of its weights on the device.</param>
/// <param name="Generations">Accepted generations that hold it.</param>
/// <param name="StrictBatchSizes">Sizes of batch in which strict rows run: those that gave the same bits, ascending. Empty for the seconds until that is known.</param>
/// <param name="UnsteadyBatchSizes">Sizes that were probed and gave other bits for other neighbours or positions, ascending.</param>
public sealed record LoadedVersion(int Version, long Bytes, int Generations, IReadOnlyList<int> StrictBatchSizes, IReadOnlyList<int> UnsteadyBatchSizes);
