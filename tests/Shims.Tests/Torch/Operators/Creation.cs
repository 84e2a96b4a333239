using static TorchSharp.torch;

namespace Shims.Tests.Torch.Operators;

internal static class Creation
{
    public static readonly OperatorTable Cases = new()
    {
        { "zeros", _ => zeros(2, 3) },
        { "zeros_empty", _ => zeros(2, 0, 3) },
        { "zeros_int64", _ => zeros(4, dtype: int64) },
        { "ones_float64", _ => ones(2, 1, 2, 3, dtype: float64) },
        { "ones_scalar", _ => ones(Array.Empty<long>()) },
        { "empty_filled", _ => empty(3, 2).fill_(0.3) },
        { "full", _ => full(2, 3, 1, -0.7) },
        { "full_int64", _ => full(3, 7, dtype: int64) },
        { "full_bool", _ => full(2, true, dtype: @bool) },
        { "arange_int", _ => arange(5) },
        { "arange_float", _ => arange(4.0) },
        { "arange_start_stop", _ => arange(-2, 3) },
        { "arange_step", _ => arange(0.5, 2.5, 0.5) },
        { "arange_negative_step", _ => arange(9, 0, -3) },
        { "arange_dtype", _ => arange(0, 6, dtype: float32) },
        { "linspace", _ => linspace(-1, 1, 7) },
        { "linspace_one", _ => linspace(3, 9, 1) },
        { "linspace_float64", _ => linspace(1e-4, 0.02, 11, dtype: float64) },
        { "tensor_int_scalar", _ => tensor(3) },
        { "tensor_double_scalar", _ => tensor(0.1) },
        { "tensor_floats", _ => tensor(new[] { 1.5f, -2.0f, float.PositiveInfinity }) },
        { "tensor_longs", _ => tensor(new[] { 1L, -2L, 1L << 40 }) },
        { "tensor_shaped", _ => tensor(new[] { 1f, 2f, 3f, 4f, 5f, 6f }, new long[] { 2, 3 }) },
        { "tensor_bools", _ => tensor(new[] { true, false }) },
        { "zeros_like", x => zeros_like(x[0]) },
        { "ones_like_int", x => ones_like(x[0]) },
        { "full_like", x => full_like(x[0], 2.5) },
        { "eye", _ => eye(3, 4) },
        { "randn_generator", _ => Seeded(g => randn(4, 8, generator: g)) },
        { "randn_generator_small", _ => Seeded(g => randn(5, generator: g)) },
        { "randn_generator_float64", _ => Seeded(g => randn(3, 2, dtype: float64, generator: g)) },
        { "rand_generator", _ => Seeded(g => rand(3, 4, generator: g)) },
        { "randint_generator", _ => Seeded(g => randint(2, 10, new long[] { 6 }, generator: g)) },
        { "randperm_generator", _ => Seeded(g => randperm(9, generator: g)) },
        { "normal_generator", _ => Seeded(g => empty(20).normal_(1.0, 0.5, g)) },
    };

    private static Tensor Seeded(Func<Generator, Tensor> draw)
    {
        using var generator = new Generator(123);
        return draw(generator);
    }
}
