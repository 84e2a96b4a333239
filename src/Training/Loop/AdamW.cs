using Diffusion.Kernels;
using Diffusion.Training.Jobs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Training.Loop;

/// <summary>
/// AdamW (Loshchilov and Hutter 2019) in place, with a state that can be saved by name:
/// p &lt;- p (1 - lr wd) - lr / (1 - b1^n) * m / (sqrt(v / (1 - b2^n)) + eps).
/// </summary>
/// <remarks>Built outside any dispose scope and after the network is on its device. Steps run without gradients.</remarks>
internal sealed class AdamW : IDisposable
{
    private readonly OptimizerSettings settings;
    private readonly Slot[] slots;
    private readonly Scalar beta1, beta2, oneMinusBeta1, oneMinusBeta2, epsilon;

    public AdamW(IEnumerable<(string Name, Parameter Parameter)> parameters, OptimizerSettings settings)
    {
        this.settings = settings;
        slots = [.. parameters.Select(p => new Slot(p.Name, p.Parameter, zeros_like(p.Parameter).DetachFromDisposeScope(), zeros_like(p.Parameter).DetachFromDisposeScope()))];
        (beta1, beta2) = (settings.Beta1.ToScalar(), settings.Beta2.ToScalar());
        (oneMinusBeta1, oneMinusBeta2) = ((1 - settings.Beta1).ToScalar(), (1 - settings.Beta2).ToScalar());
        epsilon = settings.Epsilon.ToScalar();
    }

    /// <summary>First and second moments by parameter name.</summary>
    public IEnumerable<(string Name, Tensor First, Tensor Second)> Moments => slots.Select(s => (s.Name, s.First, s.Second));

    /// <summary>Forgets all gradients so far.</summary>
    public void Reset()
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (_, first, second) in Moments)
        {
            first.zero_();
            second.zero_();
        }
    }

    /// <param name="step">1-based, for the bias correction.</param>
    /// <param name="learningRate">Of this step.</param>
    public void Step(int step, double learningRate)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var size = (-learningRate / (1 - Math.Pow(settings.Beta1, step))).ToScalar();
        using var second = Math.Sqrt(1 - Math.Pow(settings.Beta2, step)).ToScalar();
        using var keep = (1 - learningRate * settings.WeightDecay).ToScalar();
        foreach (var slot in slots)
        {
            var gradient = slot.Parameter.grad;
            if (gradient is null) continue;
            if (settings.WeightDecay > 0) slot.Parameter.mul_(keep);
            slot.First.mul_(beta1).add_(gradient, oneMinusBeta1);
            slot.Second.mul_(beta2).addcmul_(gradient, gradient, oneMinusBeta2);
            slot.Parameter.addcdiv_(slot.First, slot.Second.sqrt().div_(second).add_(epsilon), size);
        }
    }

    /// <summary>The same step as numbers, for those who take it in one pass.</summary>
    /// <param name="step">1-based.</param>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="share">What the gradient is clipped to.</param>
    /// <param name="average">Decay of the moving average.</param>
    public WeightStep Numbers(int step, double learningRate, double share, double average) => new(
        share,
        1 - learningRate * settings.WeightDecay,
        settings.Beta1,
        settings.Beta2,
        -learningRate / (1 - Math.Pow(settings.Beta1, step)),
        Math.Sqrt(1 - Math.Pow(settings.Beta2, step)),
        settings.Epsilon,
        average);

    public void Dispose()
    {
        foreach (var slot in slots)
        {
            slot.First.Dispose();
            slot.Second.Dispose();
        }
        foreach (var scalar in new[] { beta1, beta2, oneMinusBeta1, oneMinusBeta2, epsilon }) scalar.Dispose();
    }

    private sealed record Slot(string Name, Parameter Parameter, Tensor First, Tensor Second);
}
