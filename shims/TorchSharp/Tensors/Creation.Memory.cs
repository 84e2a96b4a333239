using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor with its own copy of the numbers.</summary>
    private static unsafe Tensor Copied<T>(ReadOnlySpan<T> source, ReadOnlySpan<long> size, ScalarType? dtype, Device? device, bool requires_grad, string[]? names) where T : unmanaged
    {
        RequireSize(source.Length, size);
        var tensor = Ops.empty_memory_format.Call(size.ToArray(), TypeOf(typeof(T)), Arg.None, CPU);
        MemoryMarshal.AsBytes(source).CopyTo(new Span<byte>(tensor.DataPointer(), checked(source.Length * sizeof(T))));
        GC.KeepAlive(tensor);
        return Unnamed(names, Converted(tensor, dtype, device), requires_grad);
    }

    private static Tensor Converted(Tensor tensor, ScalarType? dtype, Device? device)
    {
        if ((dtype is null || dtype == tensor.dtype) && (device is null || device.type == DeviceType.CPU)) return tensor;
        return tensor.to(dtype ?? tensor.dtype, device ?? CPU, disposeAfter: true);
    }

    private static void RequireSize(long length, ReadOnlySpan<long> size)
    {
        long product = 1;
        foreach (var n in size) product = checked(product * n);
        if (product != length) throw new ArgumentException($"mismatched total size creating a tensor from an array: {length} numbers for {product}");
    }

    /// <summary>A tensor over the managed array itself, which stays pinned until the last tensor over it dies.</summary>
    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    public static Tensor from_array(Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        var size = new long[rawArray.Rank];
        for (var k = 0; k < size.Length; k++) size[k] = rawArray.GetLongLength(k);
        return Unnamed(names, Shared(rawArray, size, dtype, device, false), requires_grad);
    }

    /// <summary>A tensor over a part of the managed array itself; count and offset are in elements.</summary>
    public static Tensor frombuffer(Array rawArray, ScalarType dtype, long count = -1, long offset = 0, bool requires_grad = false)
    {
        var type = TypeOf(rawArray.GetType().GetElementType()!);
        if (type != dtype) throw new ArgumentException($"an array of {type} read as {dtype}", nameof(dtype));
        if (count < 0) count = rawArray.LongLength - offset;
        if (offset < 0 || count < 0 || offset + count > rawArray.LongLength) throw new ArgumentOutOfRangeException(nameof(count));
        using var whole = Shared(rawArray, [rawArray.LongLength], null, null, false);
        return Unnamed(null, whole.narrow(0, offset, count), requires_grad);
    }

    private static unsafe Tensor Shared(Array array, long[] size, ScalarType? dtype, Device? device, bool requires_grad)
    {
        var type = TypeOf(array.GetType().GetElementType()!);
        var pin = GCHandle.Alloc(array, GCHandleType.Pinned);
        IntPtr handle;
        fixed (long* sizes = size)
        {
            var code = Native.dt_from_memory((void*)Marshal.UnsafeAddrOfPinnedArrayElement(array, 0), sizes, size.Length, (int)type,
                &Unpin, GCHandle.ToIntPtr(pin), &handle);
            if (code != 0)
            {
                pin.Free();
                Native.Check(code);
            }
        }
        return Unnamed(null, Converted(new Tensor(handle), dtype, device), requires_grad);
    }

    [UnmanagedCallersOnly]
    private static void Unpin(IntPtr state) => GCHandle.FromIntPtr(state).Free();

    private static ScalarType TypeOf(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => ScalarType.Bool,
        TypeCode.Byte => ScalarType.Byte,
        TypeCode.SByte => ScalarType.Int8,
        TypeCode.Int16 => ScalarType.Int16,
        TypeCode.Int32 => ScalarType.Int32,
        TypeCode.Int64 => ScalarType.Int64,
        TypeCode.Single => ScalarType.Float32,
        TypeCode.Double => ScalarType.Float64,
        _ when type == typeof(Half) => ScalarType.Float16,
        _ when type == typeof(BFloat16) => ScalarType.BFloat16,
        _ => throw new NotSupportedException($"a tensor of {type}"),
    };
}
