using Diffusion.Samplers;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Inference.Engine;

/// <summary>The Langevin steps of a batch, whose length depends on the picture.</summary>
internal sealed class LangevinRows
{
    private readonly Tensor places, ratios;

    private LangevinRows(Tensor rows, Tensor places, Tensor ratios) => (Rows, this.places, this.ratios) = (rows, places, ratios);

    /// <summary>Which rows of the batch, [K], int64.</summary>
    public Tensor Rows { get; }

    /// <summary>Those among the rows that have noise, or null if none is.</summary>
    /// <param name="rows">All rows of the batch.</param>
    /// <param name="noisy">Which of them have noise.</param>
    /// <param name="device">Where the batch is.</param>
    public static LangevinRows? Of(IReadOnlyList<RowInput> rows, long[] noisy, Device device)
    {
        int[] places = [.. Enumerable.Range(0, noisy.Length).Where(k => rows[(int)noisy[k]].Row.F != 0)];
        return places.Length == 0 ? null : new LangevinRows(
            tensor(Array.ConvertAll(places, k => noisy[k]), device: device),
            tensor(Array.ConvertAll(places, k => (long)k), device: device),
            tensor(Array.ConvertAll(places, k => rows[(int)noisy[k]].Row.F), device: device));
    }

    /// <summary>x' of these rows.</summary>
    /// <param name="x">[B, C, H, W].</param>
    /// <param name="direction">g, [B, C, H, W].</param>
    /// <param name="noise">D z of the rows that have noise, [N, C, H, W].</param>
    /// <returns>[K, C, H, W].</returns>
    public Tensor Move(Tensor x, Tensor direction, Tensor noise) =>
        LangevinStep.Move(x.index_select(0, Rows), direction.index_select(0, Rows), noise.index_select(0, places), ratios);
}
