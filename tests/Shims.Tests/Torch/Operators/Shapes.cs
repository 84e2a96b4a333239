using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Shims.Tests.Torch.Operators;

internal static class Shapes
{
    public static readonly OperatorTable Cases = new()
    {
        { "view", x => x[0].view(3, -1) },
        { "view_scalar", x => x[0].view() },
        { "reshape_strided", x => x[0].t().reshape(2, 6) },
        { "reshape_empty", x => x[0].reshape(0, 3) },
        { "flatten", x => x[0].flatten() },
        { "flatten_dims", x => x[0].flatten(1, -1) },
        { "permute", x => x[0].permute(2, 0, 1) * 2 },
        { "permute_negative", x => x[0].permute(-1, 0, -2) },
        { "transpose", x => x[0].transpose(-1, 0) },
        { "t", x => x[0].t() },
        { "contiguous", x => x[0].t().contiguous() },
        { "unsqueeze", x => x[0].unsqueeze(-1) },
        { "unsqueeze_front", x => x[0].unsqueeze(0) },
        { "squeeze", x => x[0].squeeze() },
        { "squeeze_dim", x => x[0].squeeze(2) },
        { "squeeze_dim_not_one", x => x[0].squeeze(1) },
        { "expand", x => x[0].expand(2, 3, 4) },
        { "expand_keep", x => x[0].expand(-1, 3) },
        { "expand_as", x => x[0].expand_as(x[1]) },
        { "repeat", x => x[0].repeat(2, 1, 3) },
        { "repeat_interleave", x => x[0].repeat_interleave(3, 0) },
        { "repeat_interleave_flat", x => x[0].repeat_interleave(2) },
        { "repeat_interleave_counts", x => x[0].repeat_interleave(x[1], 1) },
        { "flip", x => x[0].flip(0, -1) },
        { "roll", x => x[0].roll(1, 1) },
        { "cat", x => cat([x[0], x[1]]) },
        { "cat_negative_dim", x => cat(x, -1) },
        { "cat_channels", x => cat([x[0], x[1]], 1) },
        { "stack", x => stack(x) },
        { "stack_last", x => stack(x, -1) },
        { "chunk", x => x[0].chunk(2, 1) },
        { "chunk_uneven", x => x[0].chunk(3, -1) },
        { "split", x => x[0].split(2, 0) },
        { "split_sizes", x => x[0].split(new long[] { 1, 3 }, 1) },
        { "unbind", x => x[0].unbind(1) },
        { "pixel_shuffle", x => F.pixel_shuffle(x[0], 2) },
        { "pixel_unshuffle", x => F.pixel_unshuffle(x[0], 2) },
        { "channels_last_emulation", x => x[0].permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) },
    };
}
