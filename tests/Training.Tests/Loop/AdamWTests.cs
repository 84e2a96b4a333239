using Diffusion.Testing;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using TorchSharp;
using Parameter = TorchSharp.Modules.Parameter;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Loop;

public sealed class AdamWTests
{
    private static readonly OptimizerSettings Settings = new() { Beta1 = 0.9, Beta2 = 0.99, Epsilon = 1e-6, WeightDecay = 0.1 };

    [Fact]
    public void Step_ThreeTimes_FollowsTheFormula()
    {
        using var parameter = new Parameter(tensor([1f, -2f]));
        using var adam = new AdamW([("w", parameter)], Settings);
        double[] weights = [1, -2], first = [0, 0], second = [0, 0];
        float[][] gradients = [[0.5f, -4f], [0.25f, 0f], [-1f, 2f]];
        for (var step = 1; step <= 3; step++)
        {
            parameter.grad = tensor(gradients[step - 1]);
            adam.Step(step, 0.01);
            for (var i = 0; i < 2; i++)
            {
                double gradient = gradients[step - 1][i];
                first[i] = 0.9 * first[i] + 0.1 * gradient;
                second[i] = 0.99 * second[i] + 0.01 * gradient * gradient;
                weights[i] = weights[i] * (1 - 0.01 * 0.1) - 0.01 * (first[i] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(second[i] / (1 - Math.Pow(0.99, step))) + 1e-6);
            }
            using var data = parameter.data<float>();
            var found = data.ToArray();
            for (var i = 0; i < 2; i++) Near.Relative(weights[i], found[i], 1e-6, $"weight {i} after step {step}");
        }
    }

    [Fact]
    public void Step_WithoutGradient_LeavesTheParameter()
    {
        using var parameter = new Parameter(tensor([1f]));
        using var adam = new AdamW([("w", parameter)], Settings);
        adam.Step(1, 0.5);
        Assert.Equal(1f, parameter.item<float>());
    }
}
