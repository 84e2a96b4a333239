using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    private static Tensor Make(Op op, long[] size, ScalarType? dtype, Device? device, bool requires_grad, string[]? names) =>
        Unnamed(names, op.Call(size, dtype, Arg.None, device), requires_grad);

    private static Tensor Fill(long[] size, Scalar value, ScalarType? dtype, Device? device, bool requires_grad, string[]? names) =>
        Unnamed(names, Ops.full.Call(size, value, dtype ?? ScalarType.Float32, Arg.None, device), requires_grad);

    private static Tensor Draw(Op op, long[] size, Generator? generator, ScalarType? dtype, Device? device, bool requires_grad, string[]? names) =>
        Unnamed(names, op.Call(size, generator, dtype, Arg.None, device), requires_grad);

    private static Tensor Unnamed(string[]? names, Tensor tensor, bool requires_grad)
    {
        if (names is { Length: > 0 }) throw new NotSupportedException("named dimensions");
        if (requires_grad) tensor.requires_grad = true;
        return tensor;
    }

    public static Tensor zeros_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
        => Unnamed(names, Ops.zeros_like.Call(input, dtype, Arg.None, device), requires_grad);

    public static Tensor ones_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
        => Unnamed(names, Ops.ones_like.Call(input, dtype, Arg.None, device), requires_grad);

    public static Tensor empty_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
        => Unnamed(names, Ops.empty_like.Call(input, dtype, Arg.None, device), requires_grad);

    public static Tensor full_like(Tensor input, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
        => Unnamed(names, Ops.full_like.Call(input, value, dtype, Arg.None, device), requires_grad);

    public static Tensor rand_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => Unnamed(null, Ops.rand_like.Call(input, dtype, Arg.None, device), requires_grad);

    public static Tensor randn_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => Unnamed(null, Ops.randn_like.Call(input, dtype, Arg.None, device), requires_grad);

    public static Tensor randint(long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null)
        => randint(0, high, size, dtype, device, requires_grad, generator, names);

    public static Tensor randint(long low, long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null)
        => Unnamed(names, Ops.randint_low_generator.Call(low, high, size, generator, dtype ?? ScalarType.Int64, Arg.None, device), requires_grad);

    public static Tensor randperm(long n, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null)
        => Unnamed(null, Ops.randperm_generator.Call(n, generator, dtype ?? ScalarType.Int64, Arg.None, device), requires_grad);

    public static Tensor normal(double mean, double std, ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null)
        => Unnamed(names, empty(size, dtype, device).normal_(mean, std, generator), requires_grad);

    /// <summary>Int64 where every bound is an integer, else Float32.</summary>
    public static Tensor arange(Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => Unnamed(null, Ops.arange_start_step.Call(start, stop, step, dtype ?? RangeType(start, stop, step), Arg.None, device), requires_grad);

    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => Unnamed(null, Ops.arange_start.Call(start, stop, dtype ?? RangeType(start, stop), Arg.None, device), requires_grad);

    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => Unnamed(null, Ops.arange.Call(stop, dtype ?? RangeType(stop), Arg.None, device), requires_grad);

    private static ScalarType RangeType(params ReadOnlySpan<Scalar> bounds)
    {
        foreach (var bound in bounds)
            if (is_floating_point(bound.Type)) return ScalarType.Float32;
        return ScalarType.Int64;
    }

    public static Tensor linspace(double start, double end, long steps, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => Unnamed(null, Ops.linspace.Call(start, end, steps, dtype, Arg.None, device), requires_grad);

    public static Tensor logspace(double start, double end, long steps, double @base = 10, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => Unnamed(null, Ops.logspace.Call(start, end, steps, @base, dtype, Arg.None, device), requires_grad);

    public static Tensor eye(long rows, long columns = -1, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
        => Unnamed(names, Ops.eye_m.Call(rows, columns < 0 ? rows : columns, dtype, Arg.None, device), requires_grad);
}
