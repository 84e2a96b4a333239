using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Training.Loop;

/// <summary>
/// The exponential moving average of a network's parameters, e &lt;- r e + (1 - r) w, with
/// r = min(decay, (1 + n) / (10 + n)) for the n-th update, so that early weights are forgotten fast.
/// </summary>
internal sealed class MovingAverage
{
    private readonly (Parameter From, Parameter To)[] pairs;
    private readonly double decay;

    public MovingAverage(nn.Module network, nn.Module average, double decay)
    {
        this.decay = decay;
        var targets = average.named_parameters().ToDictionary(p => p.Item1, p => p.Item2, StringComparer.Ordinal);
        pairs = [.. network.named_parameters().Select(p => (p.Item2, targets[p.Item1]))];
    }

    /// <summary>r of the n-th update, n from 0.</summary>
    public static double Decay(double decay, int n) => Math.Min(decay, (1.0 + n) / (10.0 + n));

    /// <summary>Makes the average equal to the network.</summary>
    public void Copy()
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (from, to) in pairs) to.copy_(from);
    }

    public void Update(int n)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var rate = Decay(decay, n);
        using var old = rate.ToScalar();
        using var fresh = (1 - rate).ToScalar();
        foreach (var (from, to) in pairs) to.mul_(old).add_(from, fresh);
    }
}
