using System.Collections;
using System.Globalization;
using static TorchSharp.torch;

namespace TorchSharp.Utils;

/// <summary>The elements of a tensor in logical order, whatever its strides.</summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private Tensor? _tensor;
    private readonly long[] _sizes;
    private readonly long[] _strides;
    private readonly bool _contiguous;
    private readonly bool _copied;
    private readonly T* _start;

    internal TensorAccessor(Tensor tensor)
    {
        _copied = tensor.device_type != DeviceType.CPU;
        _tensor = _copied ? tensor.cpu() : tensor;
        _sizes = _tensor.shape;
        _strides = _tensor.stride();
        _contiguous = _tensor.is_contiguous();
        _start = (T*)_tensor.DataPointer();
        Count = _tensor.NumberOfElements;
    }

    public long Count { get; }
    public bool IsReadOnly => false;

    public T this[params long[] indices]
    {
        get
        {
            var value = *At(indices);
            GC.KeepAlive(this);
            return value;
        }
        set
        {
            *At(indices) = value;
            GC.KeepAlive(this);
        }
    }

    private T* At(long[] indices)
    {
        Require();
        if (indices.Length == 1 && _sizes.Length != 1) return _start + Offset(Bounded(indices[0], Count));
        if (indices.Length != _sizes.Length)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{indices.Length} indices for {_sizes.Length} dimensions"), nameof(indices));
        long offset = 0;
        for (var k = 0; k < indices.Length; k++) offset += Bounded(indices[k], _sizes[k]) * _strides[k];
        return _start + offset;
    }

    private static long Bounded(long index, long size) =>
        (ulong)index < (ulong)size ? index : throw new IndexOutOfRangeException(string.Create(CultureInfo.InvariantCulture, $"index {index} of {size}"));

    /// <summary>Where the element of a logical position lies.</summary>
    private long Offset(long position)
    {
        if (_contiguous) return position;
        long offset = 0;
        for (var k = _sizes.Length - 1; k >= 0; k--)
        {
            offset += position % _sizes[k] * _strides[k];
            position /= _sizes[k];
        }
        return offset;
    }

    public T[] ToArray()
    {
        var array = new T[Count];
        CopyTo(array);
        return array;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        Require();
        var target = array[arrayIndex..];
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)tensorIndex, (ulong)Count, nameof(tensorIndex));
        var count = (int)Math.Min(target.Length, Count - tensorIndex);
        if (_contiguous) new ReadOnlySpan<T>(_start + tensorIndex, count).CopyTo(target);
        else
            for (var k = 0; k < count; k++) target[k] = _start[Offset(tensorIndex + k)];
        GC.KeepAlive(this);
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyFrom((ReadOnlySpan<T>)array, arrayIndex, tensorIndex);

    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        Require();
        var source = array[arrayIndex..];
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)tensorIndex, (ulong)Count, nameof(tensorIndex));
        var count = (int)Math.Min(source.Length, Count - tensorIndex);
        if (_contiguous) source[..count].CopyTo(new Span<T>(_start + tensorIndex, count));
        else
            for (var k = 0; k < count; k++) _start[Offset(tensorIndex + k)] = source[k];
        GC.KeepAlive(this);
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (long k = 0; k < Count; k++) yield return Read(k);
    }

    private T Read(long position)
    {
        Require();
        var value = _start[Offset(position)];
        GC.KeepAlive(this);
        return value;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Require()
    {
        ObjectDisposedException.ThrowIf(_tensor is null, this);
        _ = _tensor.Handle; // its memory goes with it
    }

    public void Dispose()
    {
        if (_copied) _tensor?.Dispose();
        _tensor = null;
    }
}
