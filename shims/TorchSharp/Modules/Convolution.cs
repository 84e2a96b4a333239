using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

public abstract class Convolution : Module<Tensor, Tensor>
{
    private Parameter? _weight;
    private Parameter? _bias;

    private protected Convolution(string name, long inChannels, long outChannels, long[] kernel, long[] stride, long[] padding,
        Padding? paddingType, long[] dilation, bool transposed, long[] outputPadding, long groups, bool bias, PaddingModes mode,
        Device? device, ScalarType? dtype) : base(name)
    {
        if (inChannels % groups != 0 || outChannels % groups != 0)
            throw new ArgumentException($"{inChannels} and {outChannels} channels do not divide into {groups} groups");
        (in_channels, out_channels, kernel_size, this.stride, this.padding) = (inChannels, outChannels, kernel, stride, padding);
        (padding_type, this.dilation, this.transposed, output_padding) = (paddingType, dilation, transposed, outputPadding);
        (this.groups, padding_mode) = (groups, mode);
        long[] shape = transposed ? [inChannels, outChannels / groups, .. kernel] : [outChannels, inChannels / groups, .. kernel];
        weight = Parameter.OfLayer(torch.empty(shape, dtype, device));
        if (bias) this.bias = Parameter.OfLayer(torch.empty([outChannels], dtype, device));
        reset_parameters();
    }

    public Parameter weight
    {
        get => _weight!;
        set
        {
            _weight = value;
            ConditionallyRegisterParameter(nameof(weight), value);
        }
    }

    public Parameter? bias
    {
        get => _bias;
        set
        {
            _bias = value;
            ConditionallyRegisterParameter(nameof(bias), value);
        }
    }

    public long in_channels { get; }
    public long out_channels { get; }
    public bool transposed { get; }
    public Padding? padding_type { get; }
    public long[] padding { get; }
    public PaddingModes padding_mode { get; set; }
    public long groups { get; set; }
    public long[] kernel_size { get; set; }
    public long[] stride { get; set; }
    public long[] dilation { get; set; }
    public long[] output_padding { get; set; }

    private protected override bool RegistersFields => false;

    private protected override void Replaced(string name, Tensor moved)
    {
        if (name == nameof(weight)) _weight = (Parameter)moved;
        else _bias = (Parameter)moved;
    }

    /// <summary>PyTorch's: uniform within 1 / sqrt(fan in).</summary>
    public void reset_parameters()
    {
        init.kaiming_uniform_(weight, Math.Sqrt(5));
        if (bias is null) return;
        var (fanIn, _) = init.CalculateFanInAndFanOut(weight);
        var bound = fanIn > 0 ? 1 / Math.Sqrt(fanIn) : 0;
        init.uniform_(bias, -bound, bound);
    }
}

public sealed class Conv2d : Convolution
{
    internal Conv2d(long inChannels, long outChannels, long[] kernel, long[] stride, long[] padding, Padding? paddingType, long[] dilation,
        PaddingModes mode, long groups, bool bias, Device? device, ScalarType? dtype)
        : base(nameof(Conv2d), inChannels, outChannels, kernel, stride, padding, paddingType, dilation, false, [0, 0], groups, bias, mode, device, dtype) { }

    public override Tensor forward(Tensor input)
    {
        if (padding_mode != PaddingModes.Zeros)
        {
            using var padded = functional.pad(input, padding_type == Padding.Same ? SamePadding() : [padding[1], padding[1], padding[0], padding[0]], padding_mode)
                .DetachFromDisposeScope();
            return functional.conv2d(padded, weight, bias, stride, [0, 0], dilation, groups);
        }
        return padding_type is { } type
            ? functional.conv2d_padding(input, weight, bias, stride, type, dilation, groups)
            : functional.conv2d(input, weight, bias, stride, padding, dilation, groups);
    }

    private long[] SamePadding()
    {
        long[] sides = [0, 0, 0, 0];
        for (var k = 0; k < 2; k++)
        {
            var total = dilation[1 - k] * (kernel_size[1 - k] - 1);
            sides[2 * k] = total / 2;
            sides[2 * k + 1] = total - total / 2;
        }
        return sides;
    }
}

public abstract class ConvolutionTranspose : Convolution
{
    private protected ConvolutionTranspose(string name, long inChannels, long outChannels, long[] kernel, long[] stride, long[] padding,
        long[] outputPadding, long[] dilation, long groups, bool bias, Device? device, ScalarType? dtype)
        : base(name, inChannels, outChannels, kernel, stride, padding, null, dilation, true, outputPadding, groups, bias, PaddingModes.Zeros, device, dtype) { }

    public override Tensor forward(Tensor input) => forward(input, null);

    /// <summary>output_size chooses among the sizes that the stride leaves open.</summary>
    public abstract Tensor forward(Tensor input, long[]? output_size);

    private protected long[] ExtraPadding(Tensor input, long[]? size)
    {
        if (size is null) return output_padding;
        var extra = new long[kernel_size.Length];
        for (var k = 0; k < extra.Length; k++)
        {
            var least = (input.size(k - extra.Length) - 1) * stride[k] - 2 * padding[k] + dilation[k] * (kernel_size[k] - 1) + 1;
            extra[k] = size[size.Length - extra.Length + k] - least;
            if (extra[k] < 0 || extra[k] >= Math.Max(stride[k], dilation[k]))
                throw new ArgumentException($"output size {size[size.Length - extra.Length + k]} cannot be reached from {least}", nameof(size));
        }
        return extra;
    }
}

public sealed class ConvTranspose2d : ConvolutionTranspose
{
    internal ConvTranspose2d(long inChannels, long outChannels, long[] kernel, long[] stride, long[] padding, long[] outputPadding,
        long[] dilation, long groups, bool bias, Device? device, ScalarType? dtype)
        : base(nameof(ConvTranspose2d), inChannels, outChannels, kernel, stride, padding, outputPadding, dilation, groups, bias, device, dtype) { }

    public override Tensor forward(Tensor input, long[]? output_size) =>
        functional.conv_transpose2d(input, weight, bias, stride, padding, ExtraPadding(input, output_size), dilation, groups);
}
