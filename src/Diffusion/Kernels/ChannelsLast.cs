using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Kernels;

/// <summary>The memory layout in which the channels of a pixel are neighbours. Shapes stay [B, C, H, W].</summary>
internal static class ChannelsLast
{
    /// <summary>The dimensions of [B, C, H, W] in the order of memory: a contiguous [B, H, W, C].</summary>
    public static readonly long[] Last = [0, 2, 3, 1];

    /// <summary>The way back: [B, H, W, C] seen as [B, C, H, W].</summary>
    public static readonly long[] First = [0, 3, 1, 2];

    /// <summary>Whether our operators serve there: float32 on the CPU, and the library is there.</summary>
    public static bool Pays(Tensor x) => NativeKernels.Available && x.dtype == ScalarType.Float32 && x.device.type == DeviceType.CPU;

    /// <summary>The same values in channels-last memory; <paramref name="x"/> itself where it is so already.</summary>
    public static Tensor Of(Tensor x)
    {
        if (Is(x)) return x;
        var shape = x.shape;
        // with one channel both layouts are the same memory, but the strides tell convolutions which one is meant
        return shape[1] == 1
            ? x.contiguous().view(shape[0], shape[2], shape[3], 1).permute(First)
            : x.permute(Last).contiguous().permute(First);
    }

    /// <summary>Whether a tensor is [B, C, H, W] and lies so.</summary>
    public static bool Is(Tensor x)
    {
        var shape = x.shape;
        if (shape.Length != 4) return false;
        var strides = x.stride();
        return strides[1] == 1 && (shape[3] == 1 || strides[3] == shape[1]) && (shape[2] == 1 || strides[2] == shape[1] * shape[3])
            && (shape[0] == 1 || strides[0] == shape[1] * shape[2] * shape[3]);
    }
}
