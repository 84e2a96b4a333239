using TorchSharp;
using static TorchSharp.torch;

namespace Shims.Tests.Torch.Operators;

internal static class Arithmetic
{
    public static readonly OperatorTable Cases = new()
    {
        { "add", x => x[0] + x[1] },
        { "add_broadcast", x => x[0].add(x[1]) },
        { "add_promotes", x => x[0] + x[1] },
        { "add_alpha", x => x[0].add(x[1], -0.25) },
        { "add_scalar", x => x[0] + 0.1 },
        { "add_scalar_alpha", x => x[0].add((Scalar)2, (Scalar)0.5) },
        { "add_int_scalar_keeps_int", x => x[0] + 3 },
        { "add_float_scalar_to_int", x => x[0] + 0.5 },
        { "add_empty", x => x[0] + x[1] },
        { "add_transposed", x => x[0].t() + x[1] },
        { "sub", x => x[0] - x[1] },
        { "sub_scalar", x => x[0].sub(1.5) },
        { "scalar_sub", x => 1 - x[0] },
        { "mul", x => x[0] * x[1] },
        { "mul_scalar", x => x[0].mul(0.5) },
        { "scalar_mul", x => -3 * x[0] },
        { "div", x => x[0] / x[1] },
        { "div_scalar", x => x[0].div(3) },
        { "scalar_div", x => 1 / x[0] },
        { "div_int_is_float", x => x[0] / 2 },
        { "div_floor", x => x[0].div(x[1], RoundingMode.floor) },
        { "div_trunc", x => x[0].div(x[1], RoundingMode.trunc) },
        { "remainder", x => x[0] % 3 },
        { "add_inplace", x => x[0].clone().add_(x[1]) },
        { "add_inplace_alpha", x => x[0].clone().add_(x[1], 0.1) },
        { "add_inplace_scalar", x => x[0].clone().add_(2.5) },
        { "sub_inplace", x => x[0].clone().sub_(x[1]) },
        { "sub_inplace_scalar", x => x[0].clone().sub_(0.5) },
        { "mul_inplace", x => x[0].clone().mul_(x[1]) },
        { "mul_inplace_scalar", x => x[0].clone().mul_(0.9) },
        { "div_inplace", x => x[0].clone().div_(x[1]) },
        { "div_inplace_scalar", x => x[0].clone().div_(7) },
        { "inplace_through_view", x => ScaleSecondRow(x[0].clone()) },
        { "addcmul", x => addcmul(x[0], x[1], x[2], 0.3) },
        { "addcmul_inplace", x => x[0].clone().addcmul_(x[1], x[2], 0.001) },
        { "addcdiv_inplace", x => x[0].clone().addcdiv_(x[1], x[2], -0.01) },
        { "addcdiv_inplace_plain", x => x[0].clone().addcdiv_(x[1], x[2]) },
        { "lerp", x => x[0].lerp(x[1], x[2]) },
        { "lerp_scalar_weight", x => lerp(x[0], x[1], x[2]) },
        { "lerp_inplace", x => x[0].clone().lerp_(x[1], x[2]) },
        { "pow_scalar", x => x[0].pow(3) },
        { "pow_half", x => x[0].pow(0.5) },
        { "pow_tensor", x => x[0].pow(x[1]) },
        { "maximum", x => maximum(x[0], x[1]) },
        { "minimum", x => minimum(x[0], x[1]) },
        { "neg_operator", x => -x[0] },
    };

    private static Tensor ScaleSecondRow(Tensor copy)
    {
        copy[1].mul_(2);
        return copy;
    }
}
