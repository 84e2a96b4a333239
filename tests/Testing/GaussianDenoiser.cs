using Diffusion.Samplers;
using Diffusion.Schedules;

namespace Diffusion.Testing;

/// <summary>The perfect network when every pixel is N(0, s2): E[x0 | x_t] = alpha s2 / V x_t with V = a s2 + 1 - a.</summary>
public sealed record GaussianDenoiser(NoiseSchedule Schedule, Prediction Prediction, double Variance)
{
    /// <summary>Output per unit of x at a time index (0..T-1); the output is linear in x.</summary>
    public double Gain(int timeIndex)
    {
        var t = timeIndex + 1;
        double alpha = Schedule.Alpha(t), sigma = Schedule.Sigma(t);
        var total = Schedule.AlphaBar(t) * Variance + 1 - Schedule.AlphaBar(t);
        double clean = alpha * Variance / total, noise = sigma / total;
        return Prediction switch
        {
            Prediction.Epsilon => noise,
            Prediction.X0 => clean,
            Prediction.V => alpha * noise - sigma * clean,
            Prediction.Residual => 1 - clean,
            _ => throw new NotSupportedException($"{Prediction}"),
        };
    }

    /// <summary>The output for one number.</summary>
    public double Output(double x, double memory, int timeIndex) => Gain(timeIndex) * x;
}
