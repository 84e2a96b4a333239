using Diffusion.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Kernels;

/// <summary>
/// Group norm (Wu and He 2018), scaled and shifted by a condition (AdaGN: Dhariwal and Nichol 2021, section 3.4), and SiLU: one
/// pass over memory where our kernel serves (float32 in channels-last memory on the CPU), else the plain operators.
/// </summary>
internal static class NormActivation
{
    /// <param name="norm">Its groups, weight and bias.</param>
    /// <param name="x">[B, C, H, W].</param>
    /// <param name="condition">[B, 2C], scales before shifts: norm(x) (1 + scale) + shift. Null: none.</param>
    /// <param name="activate">SiLU at the end.</param>
    /// <returns>[B, C, H, W] in the layout of <paramref name="x"/>.</returns>
    public static Tensor Of(GroupNorm norm, Tensor x, Tensor? condition = null, bool activate = true)
    {
        if (ChannelsLast.Is(x) && ChannelsLast.Pays(x))
            return NativeKernels.NormActivation(x, norm.weight!, norm.bias!, condition, norm.num_groups, norm.eps, activate);
        using var scope = NewDisposeScope();
        var h = norm.forward(x);
        if (condition is not null)
        {
            var channels = x.size(1);
            var columns = condition.unsqueeze(-1).unsqueeze(-1);
            var scale = columns.narrow(1, 0, channels).add(Scalars.One);
            h = columns.narrow(1, channels, channels).addcmul(h, scale, Scalars.One);
        }
        return (activate ? F.silu(h) : h).MoveToOuterDisposeScope();
    }
}
