using Diffusion.Guidance;
using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Training.Loop;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>A network's estimates of x_0 as sampling makes them: without gradient, clipped to [-1, 1].</summary>
internal sealed class CleanEstimator(UNet network, Prediction prediction, NoiseSchedule schedule, Inputs inputs)
{
    private static readonly Scalar Low = -1.0, High = 1.0;

    /// <summary>The estimates of n images, [n, C, H, W].</summary>
    /// <param name="noisy">x_t, [n, C, H, W].</param>
    /// <param name="times">t in 1..T, n of them.</param>
    /// <param name="labels">[n]; null for a network without labels.</param>
    /// <param name="memory">[n, C, H, W]; null for a network without a memory.</param>
    /// <param name="guidance">Scale of classifier-free guidance; other than 1 it needs labels.</param>
    public Tensor Of(Tensor noisy, int[] times, Tensor? labels, Tensor? memory, double guidance = ClassifierFreeGuidance.NoGuidance)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var index = inputs.TimeIndex(times);
        var output = network.forward(noisy, index, labels, memory);
        if (guidance != ClassifierFreeGuidance.NoGuidance)
        {
            var unlabelled = network.forward(noisy, index, full_like(labels!, (long)network.Config.NullLabel!), memory);
            output = ClassifierFreeGuidance.Combine(output, unlabelled, inputs.PerImage(Enumerable.Repeat(guidance, times.Length)));
        }
        if (network.Config.LearnedVariance) output = output.narrow(1, 0, network.Config.Channels);
        return FromOutput(prediction, schedule, inputs, times, noisy, output).clamp(Low, High).MoveToOuterDisposeScope();
    }

    /// <summary>x_0 = P x_t + Q out, each image at its own t. Neither clipped nor cut off from the gradient.</summary>
    public static Tensor FromOutput(Prediction prediction, NoiseSchedule schedule, Inputs inputs, int[] times, Tensor noisy, Tensor output)
    {
        if (prediction == Prediction.Residual) return noisy.add(output, Scalars.MinusOne);
        var maps = Array.ConvertAll(times, t => prediction.ToClean(schedule, t));
        return noisy.mul(inputs.PerImage(maps.Select(m => m.P))).add(output.mul(inputs.PerImage(maps.Select(m => m.Q))), Scalars.One);
    }
}
