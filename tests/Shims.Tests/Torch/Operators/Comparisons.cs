using static TorchSharp.torch;

namespace Shims.Tests.Torch.Operators;

internal static class Comparisons
{
    public static readonly OperatorTable Cases = new()
    {
        { "eq_tensor", x => x[0] == x[1] },
        { "ne_tensor", x => x[0] != x[1] },
        { "lt_tensor", x => x[0] < x[1] },
        { "le_tensor", x => x[0] <= x[1] },
        { "gt_tensor", x => x[0] > x[1] },
        { "ge_tensor", x => x[0] >= x[1] },
        { "eq_scalar", x => x[0].eq(2) },
        { "ne_scalar", x => x[0].ne(2) },
        { "lt_scalar", x => x[0] < 2 },
        { "le_scalar", x => x[0].le(2) },
        { "gt_scalar", x => x[0] > 2 },
        { "ge_scalar", x => x[0].ge(2) },
        { "logical_not", x => logical_not(x[0]) },
        { "bit_and", x => x[0] & x[1] },
        { "bit_or", x => x[0] | x[1] },
        { "bit_not", x => ~x[0] },
    };
}
