using System.Runtime.CompilerServices;
using System.Text;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>An ATen operator by schema name, found at its first call and kept.</summary>
internal sealed unsafe class Op(string name, string overload = "")
{
    private IntPtr _schema;

    /// <summary>Calls an operator with one tensor as its result.</summary>
    internal Tensor Call(params ReadOnlySpan<Arg> args)
    {
        Value result;
        Invoke(args, &result, 1);
        return Take(in result)!;
    }

    /// <summary>Calls an in-place operator and answers the tensor it was called on, as the package does.</summary>
    internal Tensor Apply(params ReadOnlySpan<Arg> args)
    {
        Invoke(args, null, 0);
        return (Tensor)args[0].Owner!;
    }

    /// <summary>Calls an operator with a Python value as its result: true where it is not 0.</summary>
    internal bool Ask(params ReadOnlySpan<Arg> args)
    {
        Value result;
        Invoke(args, &result, 1);
        return result.Int != 0;
    }

    internal (Tensor, Tensor) Call2(params ReadOnlySpan<Arg> args)
    {
        var results = stackalloc Value[2];
        Invoke(args, results, 2);
        return (Take(in results[0])!, Take(in results[1])!);
    }

    internal (Tensor, Tensor, Tensor) Call3(params ReadOnlySpan<Arg> args)
    {
        var results = stackalloc Value[3];
        Invoke(args, results, 3);
        return (Take(in results[0])!, Take(in results[1])!, Take(in results[2])!);
    }

    /// <summary>Calls an operator with a list of tensors as its result.</summary>
    internal Tensor[] CallList(params ReadOnlySpan<Arg> args)
    {
        Value result;
        Invoke(args, &result, 1);
        try
        {
            var tensors = new Tensor[result.Count];
            for (var k = 0; k < tensors.Length; k++) tensors[k] = new Tensor(((IntPtr*)result.Pointer)[k]);
            return tensors;
        }
        finally
        {
            Native.dt_free_list(result.Pointer);
        }
    }

    private static Tensor? Take(in Value value) => value.Pointer == IntPtr.Zero ? null : new Tensor(value.Pointer);

    [SkipLocalsInit]
    private void Invoke(ReadOnlySpan<Arg> args, Value* results, int capacity)
    {
        if (_schema == IntPtr.Zero) Find();
        var values = stackalloc Value[args.Length];
        var room = 0;
        for (var k = 0; k < args.Length; k++) room += Room(args[k].Owner);
        Span<long> scratch = room <= 64 ? stackalloc long[64] : new long[room];
        int code;
        fixed (long* start = scratch)
        {
            var free = start;
            for (var k = 0; k < args.Length; k++) free = Lower(in args[k], ref values[k], free);
            code = Native.dt_call(_schema, values, args.Length, results, capacity);
        }
        // the owners must outlive the call: a finalizer on another thread would free what libtorch reads
        for (var k = 0; k < args.Length; k++) GC.KeepAlive(args[k].Owner);
        if (code != 0) Native.Check(code);
    }

    private static int Room(object? owner) => owner switch
    {
        null or Tensor or Generator => 0,
        Array array => array.Length,
        string text => Encoding.UTF8.GetMaxByteCount(text.Length) / sizeof(long) + 1,
        _ => 0,
    };

    private static long* Lower(in Arg arg, ref Value value, long* free)
    {
        value = arg.Value;
        switch (value.Tag)
        {
            case Tag.Tensor:
                value.Pointer = Unsafe.As<Tensor>(arg.Owner)!.Handle;
                return free;
            case Tag.Generator:
                value.Pointer = Unsafe.As<Generator>(arg.Owner)!.Handle;
                return free;
            case Tag.IntList:
                return Copy((long[])arg.Owner!, ref value, free);
            case Tag.DoubleList:
                return Copy((double[])arg.Owner!, ref value, free);
            case Tag.TensorList or Tag.OptionalTensorList:
                var tensors = (Tensor?[])arg.Owner!;
                value.Pointer = (IntPtr)free;
                value.Count = tensors.Length;
                foreach (var tensor in tensors) *free++ = tensor is null ? 0 : tensor.Handle;
                return free;
            case Tag.String:
                var text = (string)arg.Owner!;
                var room = Room(text);
                value.Pointer = (IntPtr)free;
                value.Count = Encoding.UTF8.GetBytes(text, new Span<byte>(free, room * sizeof(long)));
                return free + room;
            default:
                return free;
        }
    }

    private static long* Copy<T>(T[] list, ref Value value, long* free) where T : unmanaged
    {
        value.Pointer = (IntPtr)free;
        value.Count = list.Length;
        list.CopyTo(new Span<T>(free, list.Length));
        return free + list.Length;
    }

    private void Find()
    {
        IntPtr schema;
        fixed (byte* ns = Encoding.UTF8.GetBytes("aten::" + name + '\0'))
        fixed (byte* variant = Encoding.UTF8.GetBytes(overload + '\0'))
            Native.Check(Native.dt_find(ns, variant, &schema));
        _schema = schema;
    }
}
