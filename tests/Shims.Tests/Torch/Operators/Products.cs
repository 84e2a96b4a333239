using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Shims.Tests.Torch.Operators;

internal static class Products
{
    public static readonly OperatorTable Cases = new()
    {
        { "mm", x => x[0].mm(x[1]) },
        { "mm_transposed", x => x[0].mm(x[1].t()) },
        { "mm_empty", x => x[0].mm(x[1]) },
        { "mm_inner_empty", x => x[0].mm(x[1]) },
        { "bmm", x => x[0].bmm(x[1]) },
        { "bmm_transposed", x => x[0].bmm(x[1].transpose(1, 2)) },
        { "einsum_attention", x => einsum("bct,bcs->bts", x[0], x[1]) },
        { "einsum_outer", x => einsum("i,j->ij", x[0], x[1]) },
        { "linear", x => F.linear(x[0], x[1], x[2]) },
        { "linear_no_bias_batched", x => F.linear(x[0], x[1]) },
        { "matmul_batched", x => x[0].matmul(x[1]) },
        { "matmul_vector", x => matmul(x[0], x[1]) },
    };
}
