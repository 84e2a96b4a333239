using Diffusion.Kernels;
using Diffusion.Training.Jobs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Training.Loop;

/// <summary>
/// What a step does with its gradient: clipping by the norm of the whole, AdamW, and the moving average. In three calls of our operators, whatever
/// the number of parameters, where those serve (float32 on the CPU); else with the plain operators on each parameter.
/// </summary>
internal sealed class Descent
{
    private readonly nn.Module network;
    private readonly Parameter[] parameters;
    private readonly AdamW optimizer;
    private readonly MovingAverage average;
    private readonly double limit;
    private readonly TrainedWeights? fused;
    private double share = 1;

    public Descent(nn.Module network, AdamW optimizer, MovingAverage average, OptimizerSettings settings)
    {
        (this.network, this.optimizer, this.average, limit) = (network, optimizer, average, settings.ClipNorm);
        parameters = [.. network.named_parameters().Select(p => p.parameter)];
        if (TrainedWeights.Serve(parameters))
            fused = new TrainedWeights(parameters, [.. optimizer.Moments.Select(m => m.First)], [.. optimizer.Moments.Select(m => m.Second)], [.. average.Averages]);
    }

    /// <summary>Forgets the gradient of the step before.</summary>
    public void Forget()
    {
        if (fused is null) network.zero_grad();
        else fused.ForgetGradients();
    }

    /// <summary>The norm of the gradient, which the next step uses clipped.</summary>
    public double Clip()
    {
        if (fused is null) return Gradients.Clip(parameters, limit);
        var norm = fused.GradientNorm();
        share = limit > 0 && norm > limit ? limit / norm : 1;
        return norm;
    }

    /// <param name="n">0-based step of the round.</param>
    /// <param name="learningRate">Of this step.</param>
    public void Step(int n, double learningRate)
    {
        if (fused is null)
        {
            optimizer.Step(n + 1, learningRate);
            average.Update(n);
        }
        else fused.Step(optimizer.Numbers(n + 1, learningRate, share, average.Decay(n)));
    }
}
