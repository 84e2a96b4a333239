using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Shims.Tests.Torch.Operators;

internal static class Layers
{
    public static readonly OperatorTable Cases = new()
    {
        { "conv2d", x => F.conv2d(x[0], x[1], x[2], padding: [1, 1]) },
        { "conv2d_no_bias_stride", x => F.conv2d(x[0], x[1], strides: [2, 2], padding: [1, 1]) },
        { "conv2d_pointwise", x => F.conv2d(x[0], x[1], x[2]) },
        { "conv2d_groups_dilation", x => F.conv2d(x[0], x[1], padding: [2, 2], dilation: [2, 2], groups: 2) },
        { "conv2d_uneven", x => F.conv2d(x[0], x[1], strides: [1, 2], padding: [0, 1]) },
        { "conv2d_strided_input", x => F.conv2d(x[0].permute(0, 3, 1, 2), x[1], padding: [1, 1]) },
        { "conv_transpose2d", x => F.conv_transpose2d(x[0], x[1], x[2], strides: [2, 2], padding: [1, 1]) },
        { "group_norm", x => F.group_norm(x[0], 2, x[1], x[2]) },
        { "group_norm_plain_eps", x => F.group_norm(x[0], 4, eps: 1e-3) },
        { "layer_norm", x => F.layer_norm(x[0], [4], x[1], x[2]) },
        { "layer_norm_plain", x => F.layer_norm(x[0], [3, 4], eps: 1e-6) },
        { "interpolate_nearest", x => F.interpolate(x[0], scale_factor: [2, 2], mode: InterpolationMode.Nearest) },
        { "interpolate_nearest_size", x => F.interpolate(x[0], size: [2, 5]) },
        { "interpolate_bilinear", x => F.interpolate(x[0], scale_factor: [2, 2], mode: InterpolationMode.Bilinear, align_corners: false) },
        { "interpolate_bilinear_corners", x => F.interpolate(x[0], size: [5, 7], mode: InterpolationMode.Bilinear, align_corners: true) },
        { "interpolate_bicubic", x => F.interpolate(x[0], size: [6, 6], mode: InterpolationMode.Bicubic, align_corners: false) },
        { "avg_pool2d", x => F.avg_pool2d(x[0], 2) },
        { "avg_pool2d_padding", x => F.avg_pool2d(x[0], 3, stride: 2, padding: 1, count_include_pad: false) },
        { "max_pool2d", x => F.max_pool2d(x[0], 2) },
        { "max_pool2d_overlap", x => F.max_pool2d(x[0], 3, stride: 1, padding: 1) },
        { "adaptive_avg_pool2d", x => F.adaptive_avg_pool2d(x[0], 1) },
        { "pad_constant", x => F.pad(x[0], new long[] { 1, 0, 2, 1 }, value: 0.5) },
        { "pad_negative", x => F.pad(x[0], new long[] { -1, 1 }) },
        { "pad_reflect", x => F.pad(x[0], new long[] { 1, 1, 0, 2 }, PaddingModes.Reflect) },
        { "pad_replicate", x => F.pad(x[0], new long[] { 2, 0, 0, 1 }, PaddingModes.Replicate) },
        { "pad_circular", x => F.pad(x[0], new long[] { 1, 1, 1, 0 }, PaddingModes.Circular) },
        { "attention", x => F.scaled_dot_product_attention(x[0], x[1], x[2]) },
        { "attention_causal", x => F.scaled_dot_product_attention(x[0], x[1], x[2], is_casual: true) },
        { "attention_added_mask", x => F.scaled_dot_product_attention(x[0], x[1], x[2], x[3]) },
        { "embedding", x => Embed(x[0], x[1]) },
        { "one_hot", x => F.one_hot(x[0], 4) },
        { "one_hot_inferred", x => F.one_hot(x[0]) },
        { "dropout_eval", x => F.dropout(x[0], 0.5, training: false) },
        { "dropout_all", x => F.dropout(x[0], 1.0, training: true) },
    };

    private static Tensor Embed(Tensor index, Tensor weight)
    {
        using var embedding = nn.Embedding(weight.shape[0], weight.shape[1]);
        embedding.weight = new Parameter(weight.clone());
        return embedding.call(index).detach();
    }
}
