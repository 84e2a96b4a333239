using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

public sealed class Conv1d : Convolution
{
    internal Conv1d(long inChannels, long outChannels, long[] kernel, long[] stride, long[] padding, long[] dilation,
        PaddingModes mode, long groups, bool bias, Device? device, ScalarType? dtype)
        : base(nameof(Conv1d), inChannels, outChannels, kernel, stride, padding, null, dilation, false, [0], groups, bias, mode, device, dtype) { }

    public override Tensor forward(Tensor input)
    {
        if (padding_mode == PaddingModes.Zeros) return functional.conv1d(input, weight, bias, stride[0], padding[0], dilation[0], groups);
        using var padded = functional.pad(input, [padding[0], padding[0]], padding_mode).DetachFromDisposeScope();
        return functional.conv1d(padded, weight, bias, stride[0], 0, dilation[0], groups);
    }
}
