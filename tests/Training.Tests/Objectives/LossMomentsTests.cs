using Diffusion.Checkpoints;
using Diffusion.Testing;
using Diffusion.Training.Objectives;

namespace Diffusion.Training.Tests.Objectives;

public sealed class LossMomentsTests
{
    private const int Times = 5;

    private static double Loss(int t) => t * t * 0.3;

    private static LossMoments Filled(int of = Times)
    {
        var moments = new LossMoments(Times);
        for (var t = 1; t <= of; t++)
        {
            // the first of eleven is forgotten
            moments.Record(t, 1e6);
            for (var i = 0; i < 10; i++) moments.Record(t, Loss(t) * (i % 2 == 0 ? 0.6 : Math.Sqrt(2 - 0.36)));
        }
        return moments;
    }

    [Fact]
    public void Probabilities_BeforeEveryTimeHasTenLosses_AreUniform()
    {
        Assert.All(new LossMoments(Times).Probabilities(), p => Assert.Equal(0.2, p));
        Assert.All(Filled(of: 4).Probabilities(), p => Assert.Equal(0.2, p));
        Assert.Equal((2, 1.0), new LossMoments(Times).Draw(0.3));
    }

    [Fact]
    public void Probabilities_AreRootsOfTheSecondMomentsWithAThousandthUniform()
    {
        var sum = Enumerable.Range(1, Times).Sum(Loss);
        var found = Filled().Probabilities();
        for (var t = 1; t <= Times; t++) Near.Relative(0.999 * Loss(t) / sum + 0.001 / Times, found[t - 1], 1e-12);
    }

    [Fact]
    public void Draw_OverAllPlaces_IsUnbiasedAndVariesLessThanUniform()
    {
        var moments = Filled();
        const int Places = 100_000;
        double sum = 0, squares = 0, counted = 0;
        for (var i = 0; i < Places; i++)
        {
            var (t, weight) = moments.Draw((i + 0.5) / Places);
            var estimate = weight * Loss(t);
            (sum, squares, counted) = (sum + estimate, squares + estimate * estimate, counted + weight);
        }
        var mean = Enumerable.Range(1, Times).Average(Loss);
        Near.Relative(mean, sum / Places, 1e-3);
        Near.Relative(1, counted / Places, 1e-3);
        var uniform = Enumerable.Range(1, Times).Average(t => Loss(t) * Loss(t)) - mean * mean;
        Assert.True(squares / Places - mean * mean < 0.01 * uniform);
    }

    [Fact]
    public void Draw_AtTheEnds_IsATime()
    {
        var moments = Filled();
        Assert.Equal(1, moments.Draw(0).Time);
        Assert.Equal(Times, moments.Draw(1 - 1e-16).Time);
        Assert.Equal(Times, moments.Draw(1).Time);
    }

    [Fact]
    public void Restore_OfWhatWasWritten_GoesOnAlike()
    {
        using var folder = new TemporaryFolder();
        var (one, other) = (Filled(), new LossMoments(Times));
        SafeTensors.Write(folder["state"], one.ToTensors());
        using (var file = SafeTensorFile.Open(folder["state"])) other.Restore(file);
        foreach (var moments in new[] { one, other }) moments.Record(3, 7);
        Assert.Equal(one.Probabilities(), other.Probabilities());
    }
}
