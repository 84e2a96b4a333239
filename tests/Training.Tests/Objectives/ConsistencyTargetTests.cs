using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Diffusion.Training.Objectives;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Objectives;

public sealed class ConsistencyTargetTests : IDisposable
{
    private static readonly NoiseSchedule Schedule = ScheduleCatalogue.Create("cosine", 20);

    private readonly UNetConfig config = TinyJob.Read(TinyJob.Dddm).Network;
    private readonly UNet teacher;
    private readonly ConsistencyTarget target;

    public ConsistencyTargetTests()
    {
        teacher = new UNet(config, 1);
        var inputs = new Inputs(config, CPU);
        target = new ConsistencyTarget(new ConsistencySettings { GapStart = 1, GapEnd = 0.1 }, Schedule, new CleanEstimator(teacher, Prediction.Residual, Schedule, inputs), inputs);
    }

    public void Dispose() => teacher.Dispose();

    [Theory]
    [InlineData(0, 20)]
    [InlineData(0.5, 6)]
    [InlineData(1, 2)]
    public void Gap_ShrinksGeometrically(double progress, int gap) => Assert.Equal(gap, target.Gap(progress));

    [Fact]
    public void Of_TheBeginning_IsTheImageEverywhere() => Assert.Equal(Batch(0).Clean, target.Of(Batch(0), Memory()));

    [Fact]
    public void Of_TheEnd_IsTheTeachersEstimateAtTheEarlierTime()
    {
        var batch = Batch(1);
        var found = target.Of(batch, Memory());
        // t = 2 is within the gap of 2; the others, the next time among them, look back to t - 2, where a new teacher returns x_t itself
        Assert.Equal(batch.Clean[..TinySet.Pixels], found[..TinySet.Pixels]);
        for (var i = 1; i < batch.Count; i++)
        {
            var t = batch.Times[i] - 2;
            for (var p = i * TinySet.Pixels; p < (i + 1) * TinySet.Pixels; p++)
                Assert.Equal(Math.Clamp((float)(Schedule.Alpha(t) * batch.Clean[p] + Schedule.Sigma(t) * batch.Noise[p]), -1f, 1f), found[p], 5);
        }
    }

    private static float[] Memory() => new float[3 * TinySet.Pixels];

    private static TrainingBatch Batch(double progress)
    {
        var random = new Random(4);
        float[] Numbers() => [.. Enumerable.Range(0, 3 * TinySet.Pixels).Select(_ => (float)(2 * random.NextDouble() - 1))];
        return new TrainingBatch { Step = 0, Epoch = 0, Progress = progress, Indices = [0, 1, 2], Clean = Numbers(), Noise = Numbers(), Times = [2, 3, 20], Labels = [0, 1, 2] };
    }
}
