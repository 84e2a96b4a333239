using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

public sealed class AvgPool2d : ParameterLessModule<Tensor, Tensor>
{
    internal AvgPool2d(long[] kernel, long[]? stride, long[]? padding, bool ceilMode, bool countPadding, long? divisor) : base(nameof(AvgPool2d))
    {
        (kernel_size, this.stride, this.padding) = (kernel, stride, padding);
        (ceil_mode, count_include_pad, divisor_override) = (ceilMode, countPadding, divisor);
    }

    public long[] kernel_size { get; set; }
    public long[]? stride { get; set; }
    public long[]? padding { get; set; }
    public bool ceil_mode { get; set; }
    public bool count_include_pad { get; set; }
    public long? divisor_override { get; set; }

    public override Tensor forward(Tensor input) =>
        functional.avg_pool2d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override);
}

public sealed class MaxPool2d : ParameterLessModule<Tensor, Tensor>
{
    internal MaxPool2d(long[] kernel, long[]? stride, long[]? padding, long[]? dilation, bool ceilMode) : base(nameof(MaxPool2d)) =>
        (kernel_size, this.stride, this.padding, this.dilation, ceil_mode) = (kernel, stride, padding, dilation, ceilMode);

    public long[] kernel_size { get; set; }
    public long[]? stride { get; set; }
    public long[]? padding { get; set; }
    public long[]? dilation { get; set; }
    public bool ceil_mode { get; set; }

    public override Tensor forward(Tensor input) => functional.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode);
}
