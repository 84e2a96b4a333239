using static TorchSharp.torch;

namespace Shims.Tests.Torch.Operators;

internal static class Indexing
{
    public static readonly OperatorTable Cases = new()
    {
        { "select", x => x[0].select(1, -1) },
        { "narrow", x => x[0].narrow(-1, 1, 2) },
        { "slice", x => x[0].slice(1, 1, 5, 2) },
        { "slice_past_end", x => x[0].slice(0, 1, 100, 1) },
        { "index_select", x => x[0].index_select(0, x[1]) },
        { "index_select_empty", x => x[0].index_select(1, x[1]) },
        { "gather", x => x[0].gather(1, x[1]) },
        { "scatter", x => x[0].scatter(1, x[2], x[1]) },
        { "scatter_inplace", x => x[0].clone().scatter_(0, x[2], x[1]) },
        { "masked_fill", x => x[0].masked_fill(x[1], -5.0) },
        { "masked_fill_inplace", x => x[0].clone().masked_fill_(x[1], double.NegativeInfinity) },
        { "where", x => where(x[0], x[1], x[2]) },
        { "where_method", x => x[1].where(x[0], x[2]) },
        { "index_single", x => x[0][1] },
        { "index_negative", x => x[0][-1, 0] },
        { "index_ellipsis", x => x[0][TensorIndex.Ellipsis, TensorIndex.Slice(0, 2)] },
        { "index_none", x => x[0][TensorIndex.Colon, TensorIndex.None, TensorIndex.Null] },
        { "index_colon_single", x => x[0][TensorIndex.Colon, TensorIndex.Single(1)] },
        { "index_range", x => x[0][1..3] },
        { "index_tensor", x => x[0][x[1]] },
        { "index_tensor_column", x => x[0][TensorIndex.Colon, TensorIndex.Tensor(x[1])] },
        { "index_mask", x => x[0][x[1]] },
        { "index_assign", x => AssignRow(x[0].clone(), x[1]) },
        { "index_assign_slice", x => AssignColumns(x[0].clone(), x[1]) },
    };

    private static Tensor AssignRow(Tensor copy, Tensor value)
    {
        copy[1] = value;
        return copy;
    }

    private static Tensor AssignColumns(Tensor copy, Tensor value)
    {
        copy[TensorIndex.Colon, TensorIndex.Slice(0, 2)] = value;
        return copy;
    }
}
