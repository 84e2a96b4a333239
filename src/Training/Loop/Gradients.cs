using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Training.Loop;

/// <summary>The norm of a whole gradient, and clipping by it.</summary>
internal static class Gradients
{
    /// <summary>The norm before clipping; above <paramref name="limit"/> (if that is not 0) the gradient is scaled down to it.</summary>
    public static double Clip(IReadOnlyList<Parameter> parameters, double limit)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var gradients = parameters.Select(p => p.grad).OfType<Tensor>().ToArray();
        if (gradients.Length == 0) return 0;
        var norm = (double)stack(gradients.Select(g => g.square().sum())).sum().sqrt().item<float>();
        if (limit > 0 && norm > limit)
        {
            using var share = (limit / norm).ToScalar();
            foreach (var gradient in gradients) gradient.mul_(share);
        }
        return norm;
    }
}
