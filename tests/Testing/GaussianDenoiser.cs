using Diffusion.Samplers;
using Diffusion.Schedules;

namespace Diffusion.Testing;

/// <summary>The perfect network when every pixel is N(0, s2): E[x0 | x_t] = alpha s2 / V x_t with V = a s2 + sigma^2.</summary>
public sealed record GaussianDenoiser(NoiseSchedule Schedule, Prediction Prediction, double Variance)
{
    /// <summary>The predictions that can say any image at any time; boundary and consistency cannot at t = 1.</summary>
    public static IReadOnlyList<Prediction> Predictions { get; } = [.. Enum.GetValues<Prediction>().Where(p => p is not (Prediction.Boundary or Prediction.Consistency))];

    /// <summary>Output per unit of x at a time index (0..T-1); the output is linear in x.</summary>
    public double Gain(int timeIndex)
    {
        var t = timeIndex + 1;
        double alpha = Schedule.Alpha(t), sigma = Schedule.Sigma(t);
        var total = Schedule.AlphaBar(t) * Variance + sigma * sigma;
        double clean = alpha * Variance / total, noise = sigma / total;
        return Prediction switch
        {
            Prediction.Epsilon => noise,
            Prediction.X0 => clean,
            Prediction.V or Prediction.Both => alpha * noise - sigma * clean,
            Prediction.Residual => 1 - clean,
            Prediction.Boundary => t == 1 ? 0 : (clean - Schedule.Sigma(1) / sigma) / (1 - Schedule.Sigma(1) / sigma),
            Prediction.Consistency => t == 1 ? 0 : Solve(clean, t),
            Prediction.Edm => Solve(clean, t),
            _ => throw new NotSupportedException($"{Prediction}"),
        };
    }

    private double Solve(double clean, int t)
    {
        var (p, q) = Prediction.ToClean(Schedule, t);
        return (clean - p) / q;
    }

    /// <summary>The output for one number.</summary>
    public double Output(double x, double memory, int timeIndex) => Gain(timeIndex) * x;
}
