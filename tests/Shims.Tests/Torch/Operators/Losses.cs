using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace Shims.Tests.Torch.Operators;

internal static class Losses
{
    public static readonly OperatorTable Cases = new()
    {
        { "mse_loss", x => F.mse_loss(x[0], x[1]) },
        { "mse_loss_none", x => F.mse_loss(x[0], x[1], Reduction.None) },
        { "mse_loss_sum", x => F.mse_loss(x[0], x[1], Reduction.Sum) },
        { "l1_loss", x => F.l1_loss(x[0], x[1]) },
        { "smooth_l1_loss", x => F.smooth_l1_loss(x[0], x[1]) },
        { "smooth_l1_loss_beta", x => F.smooth_l1_loss(x[0], x[1], Reduction.None, beta: 0.3) },
        { "huber_loss", x => F.huber_loss(x[0], x[1]) },
        { "huber_loss_delta", x => F.huber_loss(x[0], x[1], 0.4, Reduction.Sum) },
        { "cross_entropy", x => F.cross_entropy(x[0], x[1]) },
        { "cross_entropy_none", x => F.cross_entropy(x[0], x[1], reduction: Reduction.None) },
        { "cross_entropy_weight_ignore", x => F.cross_entropy(x[0], x[1], x[2], ignore_index: 0) },
        { "cross_entropy_smoothing", x => F.cross_entropy(x[0], x[1], label_smoothing: 0.1) },
    };
}
