using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Shims.Tests.Torch.Operators;

internal static class Pointwise
{
    public static readonly OperatorTable Cases = Build();

    private static OperatorTable Build()
    {
        var table = new OperatorTable
        {
            { "sqrt_float64", x => x[0].sqrt() },
            { "log_of_zero_and_negative", x => x[0].log() },
            { "round_half_even", x => x[0].round() },
            { "round_decimals", x => x[0].round(2) },
            { "sqrt_inplace", x => x[0].clone().sqrt_() },
            { "silu_empty", x => F.silu(x[0]) },
            { "clamp", x => x[0].clamp(-1, 1) },
            { "clamp_min", x => x[0].clamp(min: 0.5) },
            { "clamp_max", x => x[0].clamp(max: 0.5) },
            { "clamp_tensor", x => x[0].clamp(x[1], x[2]) },
            { "clamp_inplace", x => x[0].clone().clamp_(-0.5, 0.25) },
            { "clamp_nan", x => x[0].clamp(-1, 1) },
        };
        foreach (var (name, function) in Unary())
        {
            table.Add(name, x => function(x[0]));
            table.Add(name + "_strided", x => function(x[0].t().slice(0, 1, long.MaxValue, 1)));
        }

        return table;
    }

    private static IEnumerable<(string Name, Func<Tensor, Tensor> Function)> Unary() =>
    [
        ("square", a => a.square()),
        ("sqrt", a => a.sqrt()),
        ("rsqrt", a => a.rsqrt()),
        ("exp", a => a.exp()),
        ("log", a => a.log()),
        ("sin", a => a.sin()),
        ("cos", a => a.cos()),
        ("abs", a => a.abs()),
        ("neg", a => a.neg()),
        ("reciprocal", a => a.reciprocal()),
        ("sigmoid", a => a.sigmoid()),
        ("silu", a => a.silu()),
        ("tanh", a => a.tanh()),
        ("floor", a => a.floor()),
        ("round", a => a.round()),
        ("relu", a => F.relu(a)),
        ("erf", a => a.erf()),
        ("softplus", a => F.softplus(a)),
        ("gelu", a => F.gelu(a)),
    ];
}
