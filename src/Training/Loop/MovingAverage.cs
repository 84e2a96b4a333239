using Diffusion.Training.Jobs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Training.Loop;

/// <summary>The exponential moving average of a network's parameters, e &lt;- r e + (1 - r) w, by one of the rules in use.</summary>
internal sealed class MovingAverage
{
    private const int PowerCopies = 100;

    private readonly (Parameter From, Parameter To)[] pairs;
    private readonly AverageSettings settings;

    public MovingAverage(nn.Module network, nn.Module average, AverageSettings settings)
    {
        this.settings = settings;
        var targets = average.named_parameters().ToDictionary(p => p.Item1, p => p.Item2, StringComparer.Ordinal);
        pairs = [.. network.named_parameters().Select(p => (p.Item2, targets[p.Item1]))];
    }

    /// <summary>r of the n-th step, n from 0; 1 where the average stays as it is.</summary>
    public static double Decay(AverageSettings settings, int n) => n % settings.Every != 0 ? 1 : settings.Rule switch
    {
        AverageRule.WarmUp => Math.Min(settings.Decay, (1.0 + n / settings.Every) / (10.0 + n / settings.Every)),
        AverageRule.Constant => settings.Decay,
        // of the step itself, as ema_pytorch counts
        AverageRule.Power => n <= PowerCopies ? 0 : Math.Min(settings.Decay, 1 - Math.Pow(n - PowerCopies, -2.0 / 3)),
        var other => throw new ArgumentOutOfRangeException(nameof(settings), other, "Unknown rule."),
    };

    /// <summary>The averaged parameters, in the order of the network's.</summary>
    public IEnumerable<Parameter> Averages => pairs.Select(p => p.To);

    /// <summary>r of the n-th step by the job's rule, n from 0; 1 where the average stays as it is.</summary>
    public double Decay(int n) => Decay(settings, n);

    /// <summary>Makes the average equal to the network.</summary>
    public void Copy()
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (from, to) in pairs) to.copy_(from);
    }

    /// <summary>Makes the network equal to the average.</summary>
    public void CopyBack()
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (from, to) in pairs) from.copy_(to);
    }

    public void Update(int n)
    {
        var rate = Decay(n);
        if (rate == 1) return;
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var old = rate.ToScalar();
        using var fresh = (1 - rate).ToScalar();
        foreach (var (from, to) in pairs) to.mul_(old).add_(from, fresh);
    }
}
