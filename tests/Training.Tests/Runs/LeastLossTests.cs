using System.Text;
using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Schedules;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Diffusion.Training.Objectives;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Diffusion.Training.Tests.Runs;

/// <summary>A small U-Net that L_simple teaches images of independent pixels N(0, 1/4), against the least loss there can be on them.</summary>
public sealed class LeastLossTests
{
    private const int Side = 16, Images = 8, Steps = 400;
    private const double Least = 0.1730534, Variance = 0.25;

    private static readonly NoiseSchedule Schedule = ScheduleCatalogue.Create("linear", 1000);

    [Fact]
    public void Trained_OnGaussianImages_IsNearTheLeastLossAndNotBelow()
    {
        var job = (DenoiserJob)TrainingJobReader.Read(Encoding.UTF8.GetBytes($$"""
            {
              "name": "least-run", "model": "least", "objective": { "kind": "ddpm" }, "schedule": { "name": "linear", "steps": 1000 },
              "network": { "imageSize": {{Side}}, "channels": 1, "modelChannels": 16, "channelMultipliers": [1], "residualBlocks": 1, "headChannels": 16 },
              "data": "gaussian", "batch": {{Images}}, "steps": {{Steps}},
              "optimizer": { "learningRate": 0.01, "warmup": 10, "decay": "linear", "finalShare": 0.02, "clipNorm": 1 }, "seed": 1
            }
            """));
        using var network = new UNet(job.Network, job.Seed, Schedule);
        using var objective = new DdpmObjective(job, Schedule, network, network, CPU);
        using var optimizer = new AdamW(network.named_parameters(), job.Optimizer);
        Parameter[] parameters = [.. network.parameters()];
        for (var step = 0; step < Steps; step++)
        {
            using var scope = NewDisposeScope();
            network.zero_grad();
            objective.Loss(Batch(step, Images)).backward();
            Gradients.Clip(parameters, job.Optimizer.ClipNorm);
            optimizer.Step(step + 1, LearningRate.At(job.Optimizer, step, Steps));
        }
        Assert.InRange(Least + More(network, new Inputs(job.Network, CPU), Batch(Steps, 1000)), 0.998 * Least, 1.03 * Least);
    }

    /// <summary>
    /// How much greater the mean square of the network's errors is than that of the errors of the best answer, sigma / V x_t, which is known: the difference
    /// has far less chance in it than either.
    /// </summary>
    private static double More(UNet network, Inputs inputs, TrainingBatch batch)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        network.eval();
        var said = Inputs.ToArray(inputs.Evaluate(network, batch, inputs.Images(batch.Noisy)));
        return said.Index().Average(one =>
        {
            var (i, t) = (one.Index, batch.Times[one.Index / (Side * Side)]);
            var best = Schedule.Sigma(t) / (Schedule.AlphaBar(t) * Variance + Schedule.Variance(t)) * batch.Noisy[i];
            return Math.Pow(one.Item - batch.Noise[i], 2) - Math.Pow(best - batch.Noise[i], 2);
        });
    }

    /// <summary>Times that are each as near to their share of 1..T as so many can be.</summary>
    private static TrainingBatch Batch(int step, int images)
    {
        var values = new float[2 * images * Side * Side];
        SeededNoise.Normal(3, (uint)step, 0, NoisePurpose.TrainingNoise, values);
        var random = new Random(step);
        return new TrainingBatch
        {
            Step = step,
            Epoch = 0,
            Progress = 0,
            Indices = [.. Enumerable.Range(0, images)],
            Labels = null,
            Clean = [.. values.Take(values.Length / 2).Select(z => 0.5f * z)],
            Noise = values[(values.Length / 2)..],
        }.At([.. Enumerable.Range(0, images).Select(i => 1 + (int)(1000 * (i + random.NextDouble()) / images))], Schedule);
    }
}
