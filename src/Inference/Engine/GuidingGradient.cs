using Diffusion.Samplers;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Inference.Engine;

/// <summary>What classifiers add to some rows of a batch.</summary>
/// <param name="Values">s g, [K, C, H, W].</param>
/// <param name="Rows">Which rows of the batch.</param>
internal sealed record GuidingGradient(Tensor Values, int[] Rows)
{
    private static readonly Scalar One = 1.0;

    /// <summary>Adds G s g to x0, [B, C, H, W], in place.</summary>
    public void MoveClean(IReadOnlyList<SamplerRow> rows, Tensor clean)
    {
        if (Part(i => rows[i].G) is var (which, moved)) clean.index_add_(0, which, moved, One);
    }

    /// <summary>Adds (D exp(E v))^2 s g to x', [B, C, H, W], in place.</summary>
    /// <param name="rows">All rows of the batch.</param>
    /// <param name="next">x'.</param>
    /// <param name="v">The second half of the output of a network that learns its variance, [B or more, C, H, W], or null.</param>
    public void MoveMean(IReadOnlyList<SamplerRow> rows, Tensor next, Tensor? v)
    {
        if (Part(i => rows[i].GuidesMean ? rows[i].D * rows[i].D : 0) is not var (which, moved)) return;
        if (v is not null)
        {
            var doubled = tensor(rows.Select(r => (float)(2 * r.E)).ToArray(), [rows.Count, 1, 1, 1], device: next.device).index_select(0, which);
            moved = moved.mul(v.index_select(0, which).mul(doubled).exp());
        }
        next.index_add_(0, which, moved, One);
    }

    // the rows whose weight is not 0, and what they get
    private (Tensor Which, Tensor Moved)? Part(Func<int, double> weight)
    {
        var places = Enumerable.Range(0, Rows.Length).Where(k => weight(Rows[k]) != 0).ToArray();
        if (places.Length == 0) return null;
        var weights = tensor(Array.ConvertAll(places, k => (float)weight(Rows[k])), [places.Length, 1, 1, 1], device: Values.device);
        var values = places.Length == Rows.Length ? Values : Values.index_select(0, tensor(Array.ConvertAll(places, k => (long)k), device: Values.device));
        return (tensor(Array.ConvertAll(places, k => (long)Rows[k]), device: Values.device), values.mul(weights));
    }
}
