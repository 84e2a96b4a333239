using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>
/// An argument of an operator. It carries the managed object, so that neither a tensor nor an array can be
/// finalised or moved while the native call runs.
/// </summary>
internal readonly struct Arg
{
    internal readonly object? Owner;
    internal readonly Value Value;

    private Arg(Tag tag, long value = 0, object? owner = null, int count = 0)
    {
        Owner = owner;
        Value.Tag = tag;
        Value.Int = value;
        Value.Count = count;
    }

    private Arg(double value)
    {
        Value.Tag = Tag.Double;
        Value.Double = value;
    }

    /// <summary>Not given: the schema's default.</summary>
    internal static Arg Default => default;
    internal static Arg None => new(Tag.None);

    public static implicit operator Arg(Tensor? tensor) => tensor is null ? None : new(Tag.Tensor, 0, tensor);
    public static implicit operator Arg(long value) => new(Tag.Int, value);
    public static implicit operator Arg(double value) => new(value);
    public static implicit operator Arg(bool value) => new(Tag.Bool, value ? 1 : 0);
    public static implicit operator Arg(long? value) => value is { } v ? v : None;
    public static implicit operator Arg(double? value) => value is { } v ? v : None;
    public static implicit operator Arg(long[]? list) => list is null ? None : new(Tag.IntList, 0, list);
    public static implicit operator Arg(double[]? list) => list is null ? None : new(Tag.DoubleList, 0, list);
    public static implicit operator Arg(Tensor[] list) => new(Tag.TensorList, 0, list ?? throw new ArgumentNullException(nameof(list)));
    public static implicit operator Arg(string? text) => text is null ? None : new(Tag.String, 0, text);
    public static implicit operator Arg(ScalarType type) => new(Tag.Int, (long)type);
    public static implicit operator Arg(ScalarType? type) => type is { } t ? t : None;
    public static implicit operator Arg(Device? device) => device is null ? None : new(Tag.Device, (long)device.type, null, device.index);
    public static implicit operator Arg(Generator? generator) => generator is null ? None : new(Tag.Generator, 0, generator);
    public static implicit operator Arg(Scalar? scalar) => scalar is null ? None : scalar.ToArg();

    /// <summary>Indices of an advanced index: null stands for a dimension taken whole.</summary>
    internal static Arg Optional(Tensor?[] list) => new(Tag.OptionalTensorList, 0, list);
}
