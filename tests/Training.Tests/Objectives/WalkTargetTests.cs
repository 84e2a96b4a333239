using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Diffusion.Training.Objectives;
using Diffusion.Training.Runs;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Objectives;

public sealed class WalkTargetTests : IDisposable
{
    // 4 evaluations of 20 steps
    private static readonly int[] Times = [20, 15, 10, 5, 0];
    private static readonly NoiseSchedule Schedule = ScheduleCatalogue.Create("cosine", 20);

    private readonly TemporaryFolder folder = new();
    private readonly UNetConfig config = TinyJob.Read(TinyJob.Dddm).Network;
    private readonly Denoiser teacher;
    private readonly UNet student;
    private readonly Inputs inputs;

    public WalkTargetTests()
    {
        TinySet.Write(folder["data"]);
        teacher = Teacher();
        student = new UNet(config, 5);
        using (no_grad())
            foreach (var parameter in student.parameters()) parameter.normal_(0, 0.2);
        inputs = new Inputs(config, CPU);
    }

    public void Dispose()
    {
        teacher.Dispose();
        student.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(0.0, 0, 0)]
    [InlineData(0.5, 400, 600)]
    [InlineData(1.0, 1000, 1000)]
    public void Places_TakeTheirShareOfTheImages(double share, int atLeast, int atMost)
    {
        var places = Target([4, 2], share).Places(Batch(1000));
        Assert.InRange(places.Count(p => p is not null), atLeast, atMost);
        if (share == 1) Assert.Equal(6, places.Distinct().Count());
        Assert.All(places, p => Assert.True(p is null or { Walk: 0, Step: < 4 } or { Walk: 1, Step: < 2 }));
    }

    [Fact]
    public void Enter_WithoutAMemory_IsTheNoisyImageAtATimeOfTheWalk()
    {
        var batch = Batch(5);
        var shown = Memory(batch);
        var noise = (float[])shown.Clone();
        var entered = Target([4]).Enter(batch, Places(), shown, _ => false);
        Assert.Equal([20, 15, 10, 5, batch.Times[4]], entered.Times);
        Assert.Equal(noise, shown);
        for (var i = 0; i < 4; i++) AssertNear(Row(Diffused(batch, i, Times[i]), 0), Row(entered.Noisy, i));
        Assert.Equal(Row(batch.Noisy, 4), Row(entered.Noisy, 4));
    }

    [Fact]
    public void Enter_WithAMemory_IsTheNetworksOwnStepFromTheTimeBefore()
    {
        var batch = Batch(5);
        var shown = Memory(batch);
        var noise = (float[])shown.Clone();
        var entered = Target([4]).Enter(batch, Places(), shown, _ => true);
        Assert.Equal([20, 15, 10, 5, batch.Times[4]], entered.Times);
        // nothing comes before the first time
        AssertNear(Row(Diffused(batch, 0, 20), 0), Row(entered.Noisy, 0));
        Assert.Equal(Row(noise, 0), Row(shown, 0));
        for (var i = 1; i < 4; i++)
        {
            var x = Diffused(batch, i, Times[i - 1]);
            var clean = Estimate(student, Prediction.V, x, Times[i - 1], batch.Labels![i], Row(noise, i));
            AssertNear(clean, Row(shown, i));
            AssertNear(Ddim(x, clean, Times[i - 1], Times[i]), Row(entered.Noisy, i));
        }
        Assert.Equal(Row(noise, 4), Row(shown, 4));
        Assert.Equal(Row(batch.Noisy, 4), Row(entered.Noisy, 4));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2.5)]
    public void Teach_OneStepWithTheTarget_LandsWhereTheTeacherLands(double guidance)
    {
        var batch = Batch(5);
        var memory = Memory(batch);
        var target = (float[])batch.Clean.Clone();
        var walk = Target([4], substeps: 5, guidance: guidance);
        var entered = walk.Enter(batch, Places(), memory, _ => false);
        walk.Teach(entered, Places(), memory, target);
        for (var i = 0; i < 4; i++)
        {
            var (x, carried) = (Row(entered.Noisy, i), Row(memory, i));
            for (var t = Times[i]; t > Times[i + 1]; t--)
            {
                carried = Estimate(teacher.Network, Prediction.Residual, x, t, batch.Labels![i], carried, guidance);
                x = Ddim(x, carried, t, t - 1);
            }
            AssertNear(x, Ddim(Row(entered.Noisy, i), Row(target, i), Times[i], Times[i + 1]));
            Assert.All(Row(target, i), v => Assert.InRange(v, -1.00001f, 1.00001f));
        }
        Assert.Equal(Row(batch.Clean, 4), Row(target, 4));
    }

    /// <summary>Each step of the walk once, and one image that is on none.</summary>
    private static WalkPlace?[] Places() => [new(0, 0), new(0, 1), new(0, 2), new(0, 3), null];

    private WalkTarget Target(int[] evaluations, double share = 1, int substeps = 2, double guidance = 1)
    {
        var settings = new WalkTargetSettings { Teacher = new ParentReference("teacher", 1), Evaluations = evaluations, Substeps = substeps, Share = share, Guidance = guidance };
        var traits = new DenoiserTraits(Schedule, Prediction.V, HasMemory: true);
        return new WalkTarget(settings, 3, traits, new CleanEstimator(student, Prediction.V, Schedule, inputs), teacher, inputs);
    }

    private static TrainingBatch Batch(int count)
    {
        var random = new Random(4);
        float[] Numbers() => [.. Enumerable.Range(0, count * TinySet.Pixels).Select(_ => (float)(2 * random.NextDouble() - 1))];
        return new TrainingBatch
        {
            Step = 0,
            Epoch = 0,
            Progress = 0,
            Indices = [.. Enumerable.Range(0, count)],
            Clean = Numbers(),
            Noise = Numbers(),
            Noisy = Numbers(),
            Times = [.. Enumerable.Repeat(7, count)],
            Labels = [.. Enumerable.Range(0, count).Select(i => (long)i % 3)],
        };
    }

    private static float[] Memory(TrainingBatch batch)
    {
        var memory = new float[batch.Clean.Length];
        SeededNoise.Normal(9, 0, 0, NoisePurpose.Memory, memory);
        return memory;
    }

    private static float[] Row(float[] images, int i) => images[(i * TinySet.Pixels)..((i + 1) * TinySet.Pixels)];

    private static float[] Diffused(TrainingBatch batch, int i, int t) =>
        [.. Row(batch.Clean, i).Zip(Row(batch.Noise, i), (x, z) => (float)(Schedule.Alpha(t) * x + Schedule.Sigma(t) * z))];

    /// <summary>Song et al. 2021, eq. 12 with eta 0.</summary>
    private static float[] Ddim(float[] x, float[] clean, int t, int s)
    {
        if (s == 0) return clean;
        return [.. x.Zip(clean, (a, c) => (float)(Schedule.Alpha(s) * c + Schedule.Sigma(s) * (a - Schedule.Alpha(t) * c) / Schedule.Sigma(t)))];
    }

    private static float[] Estimate(UNet network, Prediction prediction, float[] x, int t, long label, float[] memory, double guidance = 1)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        Tensor Image(float[] pixels) => tensor(pixels, [1, 1, TinySet.Side, TinySet.Side]);
        float[] Output(long of) => Inputs.ToArray(network.forward(Image(x), tensor(new[] { t - 1L }), tensor(new[] { of }), Image(memory)));
        // Ho and Salimans 2022, eq. 6
        float[] output = [.. Output(label).Zip(Output(2), (c, u) => (float)(u + guidance * (c - u)))];
        var (p, q) = prediction.ToClean(Schedule, t);
        return [.. x.Zip(output, (a, o) => Math.Clamp((float)(p * a + q * o), -1f, 1f))];
    }

    private static void AssertNear(float[] expected, float[] found) => Assert.Equal(expected, found, (a, b) => Math.Abs(a - b) <= 2e-4 * Math.Max(1, Math.Abs(a)));

    private Denoiser Teacher()
    {
        var store = new CheckpointStore(folder["models"], TimeProvider.System);
        var options = new TrainingOptions { Data = folder["data"], State = folder["state"], Models = folder["models"], Threads = 1 };
        new TrainingRun(TinyJob.File(TinyJob.Dddm), options, store, TimeProvider.System).Execute(CancellationToken.None);
        return Denoiser.Load(store.Find("tiny-model")!, CPU);
    }
}
