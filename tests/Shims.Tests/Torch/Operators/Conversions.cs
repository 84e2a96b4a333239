using static TorchSharp.torch;

namespace Shims.Tests.Torch.Operators;

internal static class Conversions
{
    public static readonly OperatorTable Cases = new()
    {
        { "to_float16", x => x[0].to(float16) },
        { "to_bfloat16", x => x[0].to(bfloat16) },
        { "to_float64", x => x[0].to(float64) },
        { "to_float32_from_float16", x => x[0].to(float32) },
        { "to_int64_truncates", x => x[0].to(int64) },
        { "to_uint8", x => x[0].to(uint8) },
        { "to_bool", x => x[0].to(@bool) },
        { "to_float32_from_uint8", x => x[0].to(float32) },
        { "to_same", x => x[0].to(float32) },
        { "copy_inplace", x => x[0].clone().copy_(x[1]) },
        { "copy_inplace_converts", x => x[0].clone().copy_(x[1]) },
        { "fill_inplace", x => x[0].clone().fill_(1.25) },
        { "fill_strided", x => FillFirstColumn(x[0].clone()) },
        { "zero_inplace", x => x[0].clone().zero_() },
        { "detach", x => x[0].detach() * x[1] },
        { "bfloat16_silu", x => x[0].silu() },
    };

    private static Tensor FillFirstColumn(Tensor copy)
    {
        copy.t()[0].fill_(9.0);
        return copy;
    }
}
