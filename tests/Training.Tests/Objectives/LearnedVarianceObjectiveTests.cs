using System.Runtime.InteropServices;
using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Diffusion.Training.Objectives;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Objectives;

public sealed class LearnedVarianceObjectiveTests
{
    private const string Hybrid = """ "kind": "ddpm", "variance": "learned" """;

    public static TheoryData<string> Constant => [.. BoundFixture.All.Where(c => c.Constant).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Constant))]
    public void Loss_Hybrid_HasTheNumberAndTheGradientOfPyTorch(string name)
    {
        var one = BoundFixture.All.Single(c => c.Name == name);
        var job = TinyJob.Read($""" {Hybrid}, "prediction": "{one.Prediction}" """);
        using var network = new UNet(job.Network, job.Seed);
        var bias = Answer(network, one);
        using var objective = new LearnedVarianceObjective(job, one.Noising, network, network, CPU);
        using var scope = NewDisposeScope();
        var loss = objective.Loss(one.Batch);
        Near.Relative(one.Hybrid, loss.item<float>(), 2e-5);
        loss.backward();
        for (var c = 0; c < 2; c++) Near.Relative(one.HybridGradient[c], bias.grad![c].item<float>(), 1e-4, $"channel {c}");
        Near.Relative(loss.item<float>(), objective.Figures["simpleLoss"] + 0.001 * objective.Figures["bitsPerDim"], 1e-5);
    }

    [Theory]
    [MemberData(nameof(Constant))]
    public void Loss_OfTheBound_HasTheNumberAndTheGradientOfPyTorch(string name)
    {
        var one = BoundFixture.All.Single(c => c.Name == name);
        var job = TinyJob.Read($""" {Hybrid}, "bound": "vlb", "prediction": "{one.Prediction}" """);
        using var network = new UNet(job.Network, job.Seed);
        var bias = Answer(network, one);
        using var objective = new LearnedVarianceObjective(job, one.Noising, network, network, CPU);
        using var scope = NewDisposeScope();
        // while t is uniform, what is drawn is one image at a time with the whole batch for its seeds: put each where it draws its time
        var batch = one.Batch with { Indices = [.. one.Times.Select(t => IndexThatDraws(job, t))] };
        var loss = objective.Loss(batch);
        Near.Relative(one.Bound, loss.item<float>(), 2e-5);
        loss.backward();
        for (var c = 0; c < 2; c++) Near.Relative(one.BoundGradient[c], bias.grad![c].item<float>(), 1e-4, $"channel {c}");
    }

    [Fact]
    public void Loss_Hybrid_LeavesTheMeanToLSimple()
    {
        // new networks answer 0: what the image's channel learns is what it learns without a variance
        var (learned, fixedOne) = (TinyJob.Read($""" {Hybrid}, "prediction": "x0" """), TinyJob.Read(""" "kind": "ddpm", "prediction": "x0" """));
        var schedule = ScheduleCatalogue.Create(learned.Schedule.Name, learned.Schedule.Steps);
        using var network = new UNet(learned.Network, learned.Seed);
        using var plain = new UNet(fixedOne.Network, fixedOne.Seed);
        using var objective = new LearnedVarianceObjective(learned, schedule, network, network, CPU);
        using var simple = new DdpmObjective(fixedOne, schedule, plain, plain, CPU);
        using var scope = NewDisposeScope();
        var batch = Noised([.. Enumerable.Repeat(0.4f, 6 * TinySet.Pixels)], schedule, [1, 2, 5, 10, 19, 20]);
        objective.Loss(batch).backward();
        simple.Loss(batch).backward();
        var gradient = Last(network).bias!.grad!;
        Near.Relative(Last(plain).bias!.grad![0].item<float>(), gradient[0].item<float>(), 1e-6);
        Assert.NotEqual(0, gradient[1].item<float>());
    }

    [Fact]
    public void Loss_Hybrid_HasNothingOfTheBoundInTheMean()
    {
        var job = TinyJob.Read(Hybrid);
        var schedule = ScheduleCatalogue.Create(job.Schedule.Name, job.Schedule.Steps);
        using var network = new UNet(job.Network, job.Seed);
        using var objective = new LearnedVarianceObjective(job, schedule, network, network, CPU);
        using var scope = NewDisposeScope();
        var batch = Noised([.. Enumerable.Repeat(0.4f, 6 * TinySet.Pixels)], schedule, [1, 2, 5, 10, 19, 20]);
        var hybrid = Gradient(() => objective.Loss(batch));
        var (inputs, distance) = (new Inputs(job.Network, CPU), new Distance(job.Objective.Loss));
        var simple = Gradient(() => distance.Mean(
            inputs.Evaluate(network, batch, inputs.Images(batch.Noisy)).narrow(1, 0, 1), inputs.Images(PredictionTarget.Of(batch, job.Objective.Prediction, schedule))));
        // to the bit: what the bound adds to the first channel is exactly 0
        Assert.Contains(simple.Mean, g => Math.Abs(g) > 1e-3);
        Assert.Equal(simple.Mean, hybrid.Mean);
        Assert.All(simple.Variance, g => Assert.Equal(0, g));
        Assert.Contains(hybrid.Variance, g => Math.Abs(g) > 1e-6);

        (float[] Mean, float[] Variance) Gradient(Func<Tensor> loss)
        {
            network.zero_grad();
            loss().backward();
            var last = Last(network);
            var all = cat([last.weight!.grad!.flatten(1), last.bias!.grad!.unsqueeze(1)], 1);
            return (Inputs.ToArray(all[0]), Inputs.ToArray(all[1]));
        }
    }

    /// <summary>The form of the mass that the job names is that of its losses, which at t = 1 are those of the bound in that form.</summary>
    [Theory]
    [InlineData("", NormalCdf.Exact)]
    [InlineData(""", "boundCdf": "exact" """, NormalCdf.Exact)]
    [InlineData(""", "boundCdf": "tanh" """, NormalCdf.Tanh)]
    public void Validate_AtTheFirstTime_HasTheMassOfItsForm(string field, NormalCdf cdf)
    {
        var job = TinyJob.Read($""" {Hybrid}, "bound": "vlb" {field} """);
        var schedule = ScheduleCatalogue.Create(job.Schedule.Name, job.Schedule.Steps);
        using var network = new UNet(job.Network, job.Seed);
        using var objective = new LearnedVarianceObjective(job, schedule, network, network, CPU);
        var batch = Noised([.. Enumerable.Range(0, TinySet.Pixels).Select(i => (float)(i * 7 % 256 / 127.5 - 1))], schedule, [1]);
        using var scope = NewDisposeScope();
        var (p, _) = job.Objective.Prediction.ToClean(schedule, 1);
        double Bits(NormalCdf form)
        {
            var bound = new VariationalBound(schedule, ReverseChain.Whole(schedule), form);
            var (clean, noisy) = (tensor(Array.ConvertAll(batch.Clean, x => (double)x), [1, 1, 8, 8]), tensor(Array.ConvertAll(batch.Noisy, x => (double)x), [1, 1, 8, 8]));
            return job.Schedule.Steps * bound.Terms(clean, noisy.mul(p), bound.LearnedLog(zeros_like(clean), [0]), [0]).item<double>();
        }
        Near.Relative(Bits(cdf), objective.Validate(batch).Loss, 1e-5);
        Assert.True(Math.Abs(Bits(NormalCdf.Exact) - Bits(NormalCdf.Tanh)) > 1e-4 * Bits(NormalCdf.Exact));
    }

    [Fact]
    public void State_OnceTimesAreWeighed_HasTheLossesWithoutTheirWeights()
    {
        var job = TinyJob.Read($""" {Hybrid}, "bound": "vlb" """);
        var schedule = ScheduleCatalogue.Create(job.Schedule.Name, job.Schedule.Steps);
        using var network = new UNet(job.Network, job.Seed);
        using var objective = new LearnedVarianceObjective(job, schedule, network, network, CPU);
        // one image and one noise, so that a new network's loss is a number for each t
        var one = Noised([.. Enumerable.Range(0, TinySet.Pixels).Select(i => (float)(i * 7 % 256 / 127.5 - 1))], schedule, [1]);
        var batch = one with { Indices = [.. Enumerable.Range(0, 64)], Clean = Often(one.Clean), Noise = Often(one.Noise), Noisy = Often(one.Noisy), Times = [.. Enumerable.Repeat(1, 64)] };
        for (var step = 0; step < 40; step++)
        {
            using var scope = NewDisposeScope();
            objective.Loss(batch with { Step = step });
            objective.Commit(batch);
        }
        var known = MemoryMarshal.Cast<byte, double>(objective.State().Single(s => s.Name == "bound/losses").Data.Span).ToArray();
        var chances = new LossMoments(job.Schedule.Steps);
        for (var t = 1; t <= job.Schedule.Steps; t++)
            for (var i = 0; i < 10; i++)
            {
                Near.Relative(job.Schedule.Steps * Bits(t), known[(t - 1) * 10 + i], 1e-5, $"loss {i} at {t}");
                chances.Record(t, known[(t - 1) * 10 + i]);
            }
        // weights they had: 1 / (T p_t)
        Assert.True(chances.Probabilities().Max() > 3 * chances.Probabilities().Min());

        static float[] Often(float[] image) => [.. Enumerable.Repeat(image, 64).SelectMany(x => x)];

        double Bits(int t)
        {
            using var scope = NewDisposeScope();
            var (p, _) = job.Objective.Prediction.ToClean(schedule, t);
            var bound = new VariationalBound(schedule, ReverseChain.Whole(schedule));
            var (clean, noise) = (tensor(Array.ConvertAll(one.Clean, x => (double)x), [1, 1, 8, 8]), tensor(Array.ConvertAll(one.Noise, x => (double)x), [1, 1, 8, 8]));
            var noisy = clean.mul(schedule.Alpha(t)).add(noise.mul(schedule.Sigma(t)));
            return bound.Terms(clean, noisy.mul(p), bound.LearnedLog(zeros_like(clean), [t - 1]), [t - 1]).item<double>();
        }
    }

    [Fact]
    public void Loss_OfTheBoundOnceTimesAreWeighed_CountsEachAsOftenAsItIsRarer()
    {
        var job = TinyJob.Read($""" {Hybrid}, "bound": "vlb" """);
        var schedule = ScheduleCatalogue.Create(job.Schedule.Name, job.Schedule.Steps);
        using var network = new UNet(job.Network, job.Seed);
        using var objective = new LearnedVarianceObjective(job, schedule, network, network, CPU);
        var clean = Enumerable.Range(0, 64 * TinySet.Pixels).Select(i => (float)(i * 7 % 256 / 127.5 - 1)).ToArray();
        var known = new List<(double Loss, double Bits)>();
        for (var step = 0; step < 60; step++)
        {
            using var scope = NewDisposeScope();
            var batch = Noised(clean, schedule, [.. Enumerable.Repeat(1, 64)]) with { Step = step };
            var loss = objective.Loss(batch).item<float>();
            objective.Commit(batch);
            known.Add((loss, objective.Figures["bitsPerDim"]));
        }
        Assert.All(known, k => Near.Relative(k.Loss, k.Bits, 1e-4));
        // a network that does not change has one bound: both ways of drawing estimate it, the second with less spread
        var (uniform, weighed) = (known.Take(10).Select(k => k.Loss).ToArray(), known.Skip(30).Select(k => k.Loss).ToArray());
        Assert.InRange(weighed.Average(), uniform.Average() - 3 * Spread(uniform) / Math.Sqrt(10), uniform.Average() + 3 * Spread(uniform) / Math.Sqrt(10));
        Assert.True(Spread(weighed) < 0.5 * Spread(uniform), $"{Spread(weighed)} against {Spread(uniform)}");
    }

    [Theory]
    [InlineData("hybrid")]
    [InlineData("vlb")]
    public void Validate_SaysTheLossAndTheWholeBoundOfTheAverage(string bound)
    {
        var one = BoundFixture.All.First(c => c.Constant);
        var job = TinyJob.Read($""" {Hybrid}, "bound": "{bound}" """);
        using var network = new UNet(job.Network, 3);
        using var average = new UNet(job.Network, 4);
        Answer(average, one);
        using var objective = new LearnedVarianceObjective(job, one.Noising, network, average, CPU);
        var (loss, figures) = objective.Validate(one.Batch);
        Near.Relative(bound == "vlb" ? one.Bound : one.Hybrid, loss, 2e-5);
        var prior = one.Clean.Average(x => x * x) * one.Noising.AlphaBar(one.Steps) / 2 / Math.Log(2);
        Near.Relative(one.Bound + prior, figures["validationBitsPerDim"], 2e-5);
    }

    /// <summary>Makes a network answer the numbers of a case, whatever it is shown.</summary>
    private static Parameter Answer(UNet network, BoundCase one)
    {
        var bias = Last(network).bias!;
        using var off = no_grad();
        using var values = tensor(Enumerable.Range(0, 2 * one.Channels).Select(c => (float)one.Output[c]).ToArray());
        bias.copy_(values);
        return bias;
    }

    private static Conv2d Last(UNet network) => (Conv2d)network.named_modules().Single(m => m.name == "out.2").module;

    private static int IndexThatDraws(DenoiserJob job, int t) => Enumerable.Range(0, 10_000).First(i =>
        1 + (int)(SeededNoise.Uniform(job.Seed, (uint)i, 0, NoisePurpose.TrainingTime) * job.Schedule.Steps) == t);

    private static TrainingBatch Noised(float[] clean, NoiseSchedule schedule, int[] times)
    {
        var (noise, noisy, pixels) = (new float[clean.Length], new float[clean.Length], clean.Length / times.Length);
        SeededNoise.Normal(5, 0, 0, NoisePurpose.TrainingNoise, noise);
        for (var i = 0; i < times.Length; i++)
            BatchSource.Diffuse(schedule, times[i], clean.AsSpan(i * pixels, pixels), noise.AsSpan(i * pixels, pixels), noisy.AsSpan(i * pixels, pixels));
        return new TrainingBatch { Step = 0, Epoch = 0, Progress = 0, Indices = [.. Enumerable.Range(0, times.Length)], Labels = null, Clean = clean, Noise = noise, Noisy = noisy, Times = times };
    }

    private static double Spread(double[] of) => Math.Sqrt(of.Average(x => x * x) - of.Average() * of.Average());
}
