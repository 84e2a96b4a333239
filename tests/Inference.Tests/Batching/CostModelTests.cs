using Diffusion.Inference.Batching;

namespace Diffusion.Inference.Tests.Batching;

public class CostModelTests
{
    private readonly CostModel model = new(64);

    [Fact]
    public void Fit_BeforeTheFirstTick_IsAGuessOnTheSlowSide()
    {
        Assert.Equal(CostFit.Prior, model.Fit);
        Assert.True(model.Fit.Tick(1) >= 100);
        Assert.Equal(64, model.Fit.Knee(64));
        Assert.Equal(0, model.Fit.Least(64));
    }

    [Fact]
    public void Record_TicksOfDifferentSizes_FindsTheLine()
    {
        foreach (var rows in (int[])[1, 2, 64, 7, 33, 12, 1, 50, 3, 20, 64, 5, 9]) model.Record(rows, 6 + 0.5 * rows);
        Assert.InRange(model.Fit.Alpha, 5.94, 6.06);
        Assert.InRange(model.Fit.Beta, 0.495, 0.505);
        Assert.Equal((13L, 64), (model.Fit.Samples, model.Fit.Largest));
    }

    [Fact]
    public void Record_TicksOfOneSize_KnowsThatSizeExactly()
    {
        for (var i = 0; i < 5; i++) model.Record(8, 40);
        Assert.Equal(40, model.Fit.Tick(8), 1e-6);
        Assert.True(model.Fit is { Alpha: >= 0, Beta: >= 0 });
    }

    [Fact]
    public void Record_FirstTickThatIsSlow_IsForgottenWithTheThird()
    {
        model.Record(4, 900);
        model.Record(4, 20);
        model.Record(4, 20);
        Assert.Equal(20, model.Fit.Tick(4), 1e-6);
    }

    [Fact]
    public void Record_PausesOfTheMachine_LeaveNoTrace()
    {
        for (var i = 0; i < 200; i++) model.Record(1 + i * 7 % 64, (5 + 2 * (1 + i * 7 % 64)) * (i % 5 == 1 ? 30 : 1));
        Assert.InRange(model.Fit.Tick(1), 6.5, 7.5);
        Assert.InRange(model.Fit.Tick(64), 126, 140);
    }

    [Fact]
    public void Record_ChangeThatStays_IsLearntInFiveTicksOfASize()
    {
        for (var i = 0; i < 40; i++) model.Record(1 + i % 8, 10 + i % 8);
        for (var i = 0; i < 5 * 8; i++) model.Record(1 + i % 8, 3 * (10 + i % 8));
        Assert.InRange(model.Fit.Tick(4), 37, 41);
    }

    [Fact]
    public void Record_ClockThatSeesNothing_StaysFinite()
    {
        for (var i = 1; i < 20; i++) model.Record(i, 0);
        Assert.True(double.IsFinite(model.Fit.Tick(8)) && model.Fit.Tick(8) >= 0);
        Assert.InRange(model.Fit.Knee(64), 1, 64);
    }

    [Fact]
    public void Jitter_FollowsTheSpread()
    {
        for (var i = 0; i < 300; i++) model.Record(8, 50);
        Assert.InRange(model.Fit.Jitter, 0, 0.01);
        for (var i = 0; i < 300; i++) model.Record(8, i % 2 == 0 ? 40 : 60);
        Assert.InRange(model.Fit.Jitter, 0.1, 0.6);
    }

    [Theory]
    [InlineData(0.1, 1, 64, 2)]
    [InlineData(6, 0.06, 64, 59)]
    [InlineData(0, 1, 64, 1)]
    [InlineData(5, 0, 64, 61)]
    public void Knee_IsTheSmallestTickWhoseRowsCostLessThanFivePercentMore(double alpha, double beta, int cap, int knee)
    {
        var fit = new CostFit(alpha, beta, 0, 20, 64);
        Assert.Equal(knee, fit.Knee(cap));
        var bound = fit.Tick(cap) / cap / 0.95;
        Assert.True(fit.Tick(knee) / knee <= bound * (1 + 1e-9));
        if (knee > 1) Assert.True(fit.Tick(knee - 1) / (knee - 1) > bound);
    }

    [Fact]
    public void Most_BeyondTheLargestTickMeasured_TakesEveryRowToCostAsMuchAsThere()
    {
        var fit = new CostFit(10, 1, 0.1, 20, 10);
        Assert.Equal(20 * 1.2, fit.Most(10), 1e-9);
        Assert.Equal(80 * 1.2, fit.Most(40), 1e-9);
        Assert.Equal(15 * 0.6, fit.Least(5), 1e-9);
    }

    [Fact]
    public void Book_LanesBeyondItsRoom_AreForgotten()
    {
        var book = new CostBook(64);
        for (var i = 0; i < 1000; i++) book.Record(Lanes.Of(i), 1, TimeSpan.FromMilliseconds(5));
        Assert.Equal(1, book.Of(Lanes.Of(999)).Fit.Samples);
        Assert.Equal(0, book.Of(Lanes.Of(0)).Fit.Samples);
    }
}
