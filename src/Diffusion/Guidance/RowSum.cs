using static TorchSharp.torch;

namespace Diffusion.Guidance;

/// <summary>
/// The sum of each row, one half added to the other until one number is left. A sum of libtorch adds in an order that depends on how
/// many rows there are; here a row has the same bits whoever its neighbours are.
/// </summary>
internal static class RowSum
{
    /// <param name="rows">[N, D], D at least 1.</param>
    /// <returns>[N, 1].</returns>
    public static Tensor Of(Tensor rows)
    {
        using var scope = NewDisposeScope();
        var left = rows.shape[1];
        while (left > 1)
        {
            var half = left / 2;
            var sum = rows.narrow(1, 0, half).add(rows.narrow(1, half, half));
            rows = left % 2 == 0 ? sum : cat([sum, rows.narrow(1, left - 1, 1)], 1);
            left = half + left % 2;
        }
        return rows.clone().MoveToOuterDisposeScope();
    }
}
