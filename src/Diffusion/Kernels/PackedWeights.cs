using System.Runtime.InteropServices;

namespace Diffusion.Kernels;

/// <summary>A place of the library of kernels where the packed weights of one layer stay.</summary>
internal sealed class PackedWeights : SafeHandle
{
    public PackedWeights() : base(IntPtr.Zero, ownsHandle: true) => SetHandle(NativeKernels.NewPacked());

    public override bool IsInvalid => handle == IntPtr.Zero;

    protected override bool ReleaseHandle()
    {
        NativeKernels.FreePacked(handle);
        return true;
    }
}
