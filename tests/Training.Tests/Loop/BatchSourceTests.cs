using Diffusion.Schedules;
using Diffusion.Testing;
using Diffusion.Training.Data;
using Diffusion.Training.Loop;

namespace Diffusion.Training.Tests.Loop;

public sealed class BatchSourceTests : IDisposable
{
    private static readonly NoiseSchedule Schedule = ScheduleCatalogue.Create("cosine", 20);

    private readonly TemporaryFolder folder = new();
    private readonly ImageSet images;

    public BatchSourceTests()
    {
        TinySet.Write(folder.Path, train: 400);
        images = TinySet.Open(folder.Path);
    }

    public void Dispose()
    {
        images.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Take_FromTheMiddle_IsTheSameBatchAsInTurn()
    {
        var inTurn = Source(0, 0.3);
        for (var step = 0; step < 3; step++) inTurn.Take(step);
        var (one, other) = (inTurn.Take(3), Source(0, 0.3).Take(3));
        Assert.Equal(one.Indices, other.Indices);
        Assert.Equal(one.Times, other.Times);
        Assert.Equal(one.Labels, other.Labels);
        Assert.Equal(one.Noisy, other.Noisy);
    }

    [Theory]
    [InlineData("cosine")]
    [InlineData("ve")]
    public void Take_NoisyImage_IsTheMixOfImageAndNoise(string name)
    {
        var schedule = ScheduleCatalogue.Create(name, 20);
        var batch = new BatchSource(1, images, Plan(), new ForwardProcess(schedule, 0, 0, 2)).Take(0);
        for (var i = 0; i < batch.Clean.Length; i++)
        {
            // where variance explodes the image is whole, and sigma_t goes up to 50
            var (alpha, sigma) = (name == "ve" ? 1 : schedule.Alpha(batch.Times[i / images.Pixels]), schedule.Sigma(batch.Times[i / images.Pixels]));
            Near.Absolute(alpha * batch.Clean[i] + sigma * batch.Noise[i], batch.Noisy[i], 5e-7 * (1 + sigma * Math.Abs(batch.Noise[i])), $"{i}");
        }
        if (name == "ve") Assert.Contains(batch.Times, t => schedule.Sigma(t) > 10);
    }

    [Fact]
    public void Take_LabelDropAndShareAtEnd_HappenAtTheirRates()
    {
        var source = Source(shareAtEnd: 0.25, labelDrop: 0.2);
        var batches = Enumerable.Range(0, 1000).Select(source.Take).ToArray();
        var labels = batches.SelectMany(b => b.Labels!).ToArray();
        Near.Absolute(0.2, labels.Count(l => l == 2) / (double)labels.Length, 3 * Math.Sqrt(0.16 / labels.Length), "dropped labels");
        var share = 0.25 + 0.75 / 20;
        Near.Absolute(share, batches.SelectMany(b => b.Times).Count(t => t == 20) / (double)labels.Length, 3 * Math.Sqrt(share / labels.Length), "t = T");
        Assert.Equal((1, 20), (batches.SelectMany(b => b.Times).Min(), batches.SelectMany(b => b.Times).Max()));
    }

    [Fact]
    public void Take_ForAClassifier_IsCleanAndLabelled()
    {
        var batch = new BatchSource(1, images, Plan(), null).Take(0);
        Assert.Equal(batch.Indices.Select(i => (long)images.Label(i)), batch.Labels!);
        Assert.Empty(batch.Noisy);
    }

    private EpochPlan Plan() => new(1, images.Count, 100, 4000);

    private BatchSource Source(double shareAtEnd, double labelDrop) => new(1, images, Plan(), new ForwardProcess(Schedule, shareAtEnd, labelDrop, 2));
}
