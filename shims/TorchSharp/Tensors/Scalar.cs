using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>A number with its type, as an operator's argument. It holds no native memory: Dispose does nothing.</summary>
public sealed class Scalar : IDisposable
{
    private readonly long _integer;
    private readonly double _real;

    private Scalar(ScalarType type, long integer, double real)
    {
        Type = type;
        _integer = integer;
        _real = real;
    }

    public ScalarType Type { get; }

    internal double Real => is_floating_point(Type) ? _real : _integer;
    internal long Integer => is_floating_point(Type) ? checked((long)_real) : _integer;

    internal Arg ToArg() => Type switch
    {
        ScalarType.Bool => _integer != 0,
        _ when is_floating_point(Type) => _real,
        _ => _integer,
    };

    public void Dispose() { }

    public static implicit operator Scalar(byte value) => new(ScalarType.Byte, value, 0);
    public static implicit operator Scalar(sbyte value) => new(ScalarType.Int8, value, 0);
    public static implicit operator Scalar(short value) => new(ScalarType.Int16, value, 0);
    public static implicit operator Scalar(int value) => new(ScalarType.Int32, value, 0);
    public static implicit operator Scalar(long value) => new(ScalarType.Int64, value, 0);
    public static implicit operator Scalar(Half value) => new(ScalarType.Float16, 0, (double)value);
    public static implicit operator Scalar(BFloat16 value) => new(ScalarType.BFloat16, 0, value.ToSingle());
    public static implicit operator Scalar(float value) => new(ScalarType.Float32, 0, value);
    public static implicit operator Scalar(double value) => new(ScalarType.Float64, 0, value);
    public static implicit operator Scalar(bool value) => new(ScalarType.Bool, value ? 1 : 0, 0);
}

/// <summary>Numbers out of scalars.</summary>
public static class ScalarExtensionMethods
{
    public static Scalar ToScalar(this byte value) => value;
    public static Scalar ToScalar(this sbyte value) => value;
    public static Scalar ToScalar(this short value) => value;
    public static Scalar ToScalar(this int value) => value;
    public static Scalar ToScalar(this long value) => value;
    public static Scalar ToScalar(this float value) => value;
    public static Scalar ToScalar(this double value) => value;
    public static Scalar ToScalar(this bool value) => value;
    public static Scalar ToScalar(this Half value) => value;

    public static float ToSingle(this Scalar value) => (float)value.Real;
    public static double ToDouble(this Scalar value) => value.Real;
    public static int ToInt32(this Scalar value) => checked((int)value.Integer);
    public static long ToInt64(this Scalar value) => value.Integer;
    public static bool ToBoolean(this Scalar value) => value.Real != 0;
}
