using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Shims.Tests.Torch.Network;

/// <summary>The constants of one optimizer, as the fixtures store them.</summary>
internal sealed record AdamWOptions(double Lr, double Beta1, double Beta2, double Eps, [property: System.Text.Json.Serialization.JsonPropertyName("weight_decay")] double WeightDecay);

/// <summary>AdamW with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101, algorithm 2) in plain tensor operations.</summary>
internal sealed class DecoupledAdamW(IEnumerable<Parameter> parameters, AdamWOptions options) : IDisposable
{
    private readonly List<(Parameter Parameter, Tensor First, Tensor Second)> state =
        [.. parameters.Select(p => (p, zeros_like(p).DetachFromDisposeScope(), zeros_like(p).DetachFromDisposeScope()))];

    private int step;

    public void Step()
    {
        using var frozen = no_grad();
        step++;
        var bias1 = 1 - Math.Pow(options.Beta1, step);
        var bias2 = Math.Sqrt(1 - Math.Pow(options.Beta2, step));
        foreach (var (parameter, first, second) in state)
        {
            using var scope = NewDisposeScope();
            var gradient = parameter.grad!;
            parameter.mul_(1 - options.Lr * options.WeightDecay);
            first.mul_(options.Beta1).add_(gradient, 1 - options.Beta1);
            second.mul_(options.Beta2).addcmul_(gradient, gradient, 1 - options.Beta2);
            parameter.addcdiv_(first, second.sqrt().div_(bias2).add_(options.Eps), -options.Lr / bias1);
        }
    }

    public void Dispose()
    {
        foreach (var (_, first, second) in state)
        {
            first.Dispose();
            second.Dispose();
        }
    }
}
