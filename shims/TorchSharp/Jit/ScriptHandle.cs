using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>A module of libtorch. Freed once, and never while a call uses it.</summary>
internal sealed class ScriptHandle : SafeHandle
{
    internal ScriptHandle(IntPtr module) : base(IntPtr.Zero, ownsHandle: true) => SetHandle(module);

    public override bool IsInvalid => handle == IntPtr.Zero;

    protected override bool ReleaseHandle()
    {
        Native.dt_jit_free(handle);
        return true;
    }
}
