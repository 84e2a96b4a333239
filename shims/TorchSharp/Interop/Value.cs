using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

internal enum Tag
{
    Default, None, Tensor, Int, Double, Bool, IntList, TensorList, OptionalTensorList, DoubleList, Generator, Device, String,
}

/// <summary>An argument or a result as it crosses the C ABI: 16 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct Value
{
    [FieldOffset(0)] internal Tag Tag;
    [FieldOffset(4)] internal int Count;
    [FieldOffset(8)] internal long Int;
    [FieldOffset(8)] internal double Double;
    [FieldOffset(8)] internal IntPtr Pointer;
}
