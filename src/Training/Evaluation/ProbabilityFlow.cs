using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using Diffusion.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Evaluation;

/// <summary>A network at fractions of its times.</summary>
/// <param name="x">[B, C, H, W].</param>
/// <param name="timeIndex">0..T-1, [B], float32.</param>
/// <param name="labels">[B], int64, or null.</param>
internal delegate Tensor FlowNetwork(Tensor x, Tensor timeIndex, Tensor? labels);

/// <summary>
/// The probability-flow ODE of a model (Song et al. 2021, eq. 13) in u = ln(sigma / alpha), between the times of its schedule too:
/// dx/du = alpha (alpha x - x_0), which is sigma (eps - sigma x) where variance is preserved and sigma eps where it explodes.
/// </summary>
/// <param name="network">The network, which must have gradients.</param>
/// <param name="config">Its shape.</param>
/// <param name="model">What its output stands for.</param>
/// <param name="device">Where it lives.</param>
internal sealed class ProbabilityFlow(FlowNetwork network, UNetConfig config, DenoiserTraits model, Device device)
{
    /// <summary>Up to so many numbers an image the divergence is summed over all of them, and above it is estimated.</summary>
    public const int MostExact = 64;

    private readonly double[] logRatios = [.. Enumerable.Range(1, model.Schedule.Steps).Select(t => -0.5 * Math.Log(model.Schedule.SignalToNoise(t)))];
    private readonly Inputs inputs = new(config, device);

    private int Numbers => config.Channels * config.ImageSize * config.ImageSize;

    /// <summary>u of t = 1.</summary>
    public double First => logRatios[0];

    /// <summary>u of t = T.</summary>
    public double Last => logRatios[^1];

    /// <summary>Signs for the estimate of one image's divergence; none where it is exact.</summary>
    public float[]? Signs(ulong seed, int image)
    {
        if (Numbers <= MostExact) return null;
        var uniform = new double[Numbers];
        SeededNoise.Uniform(seed, (uint)image, 0, NoisePurpose.FlowProbe, uniform);
        return Array.ConvertAll(uniform, u => u < 0.5 ? -1f : 1f);
    }

    /// <summary>Derivatives of images, each with the integral of its divergence behind its numbers.</summary>
    /// <param name="at">u of each.</param>
    /// <param name="states">The images, and one number more.</param>
    /// <param name="labels">Class of each, or null.</param>
    /// <param name="signs">Those of <see cref="Signs"/>, one array an image; null where the divergence is exact.</param>
    public double[][] Derivatives(double[] at, double[][] states, long[]? labels, float[][]? signs)
    {
        using var scope = NewDisposeScope();
        var x = inputs.Images([.. states.SelectMany(s => s.Take(Numbers).Select(v => (float)v))]).requires_grad_();
        var time = tensor(Array.ConvertAll(at, u => (float)Index(u))).to(device);
        var output = network(x, time, inputs.Labels(labels)).narrow(1, 0, config.Channels);
        var traces = signs is null ? Exact(x, output) : Estimated(x, output, inputs.Images([.. signs.SelectMany(s => s)]));
        var values = Inputs.ToArray(output);
        return [.. at.Select((u, i) => Derivative(u, states[i], values.AsSpan(i * Numbers, Numbers), traces[i]))];
    }

    private double[] Derivative(double u, double[] state, ReadOnlySpan<float> output, double trace)
    {
        var ratio = Math.Exp(u);
        var isExploding = model.Schedule.IsVarianceExploding;
        var alpha = isExploding ? 1 : 1 / Math.Sqrt(1 + ratio * ratio);
        var sigma = alpha * ratio;
        var (p, q) = model.Prediction.ToClean(alpha, sigma, isExploding ? 1 + sigma * sigma : 1, model.Schedule.Sigma(1), model.Schedule.Sigma(1) / model.Schedule.Alpha(1));
        double keep = alpha * (alpha - p), weight = -alpha * q;
        var slope = new double[Numbers + 1];
        for (var i = 0; i < Numbers; i++) slope[i] = keep * state[i] + weight * output[i];
        slope[Numbers] = keep * Numbers + weight * trace;
        return slope;
    }

    // s^T J s with signs of mean 0 and variance 1 has the trace for its mean (Hutchinson 1989)
    private static double[] Estimated(Tensor x, Tensor output, Tensor signs)
    {
        var gradient = autograd.grad([output], [x], [signs])[0];
        return Sums(gradient.mul(signs));
    }

    private double[] Exact(Tensor x, Tensor output)
    {
        var traces = new double[x.size(0)];
        for (var i = 0; i < Numbers; i++)
        {
            using var inner = NewDisposeScope();
            var one = new float[traces.Length * Numbers];
            for (var image = 0; image < traces.Length; image++) one[image * Numbers + i] = 1;
            var unit = inputs.Images(one);
            var found = Sums(autograd.grad([output], [x], [unit], retain_graph: true)[0].mul(unit));
            for (var image = 0; image < traces.Length; image++) traces[image] += found[image];
        }
        return traces;
    }

    private static double[] Sums(Tensor values)
    {
        using var data = values.to_type(ScalarType.Float64).flatten(1).sum(1).cpu().data<double>();
        return data.ToArray();
    }

    // a network takes fractions of its time: the line between the neighbours in u
    private double Index(double u)
    {
        if (u <= First) return 0;
        if (u >= Last) return logRatios.Length - 1;
        var found = Array.BinarySearch(logRatios, u);
        if (found >= 0) return found;
        var above = ~found;
        return above - 1 + (u - logRatios[above - 1]) / (logRatios[above] - logRatios[above - 1]);
    }
}
