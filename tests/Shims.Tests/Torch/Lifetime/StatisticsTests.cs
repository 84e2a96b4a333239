using TorchSharp;
using static TorchSharp.torch;

namespace Shims.Tests.Torch.Lifetime;

/// <summary>The counters that leak tests of other projects stand on; each test has a thread, and so counters, of its own.</summary>
public sealed class StatisticsTests
{
    [Fact]
    public void Statistics_OfTensorsInAScope_CountMadeAndDisposed() => NewThread.Run(() =>
    {
        var statistics = DisposeScopeManager.Statistics;
        statistics.Reset();
        using (NewDisposeScope())
        {
            _ = ones(2);
            _ = zeros(2);
            Assert.Equal(2, statistics.CreatedInScopeCount);
            Assert.Equal(2, statistics.ThreadTotalLiveCount);
        }

        Assert.Equal(0, statistics.CreatedOutsideScopeCount);
        Assert.Equal(2, statistics.DisposedInScopeCount);
        Assert.Equal(0, statistics.ThreadTotalLiveCount);
    });

    [Fact]
    public void Statistics_OfTensorsWithoutAScope_CountApart() => NewThread.Run(() =>
    {
        var statistics = DisposeScopeManager.Statistics;
        statistics.Reset();

        var tensor = ones(2);
        Assert.Equal(1, statistics.CreatedOutsideScopeCount);
        Assert.Equal(1, statistics.ThreadTotalLiveCount);
        tensor.Dispose();

        Assert.Equal(1, statistics.DisposedOutsideScopeCount);
        Assert.Equal(0, statistics.CreatedInScopeCount);
        Assert.Equal(0, statistics.ThreadTotalLiveCount);
    });

    [Fact]
    public void Statistics_OfADetachedTensor_CountItAsLiveUntilItsOwnerDisposesIt() => NewThread.Run(() =>
    {
        var statistics = DisposeScopeManager.Statistics;
        statistics.Reset();
        Tensor kept;
        using (NewDisposeScope()) kept = ones(2).DetachFromDisposeScope();

        Assert.Equal(1, statistics.DetachedFromScopeCount);
        Assert.Equal(1, statistics.ThreadTotalLiveCount);
        kept.Dispose();
        Assert.Equal(0, statistics.ThreadTotalLiveCount);
    });

    [Fact]
    public void Statistics_OfAnotherThread_AreItsOwn() => NewThread.Run(() =>
    {
        var statistics = DisposeScopeManager.Statistics;
        statistics.Reset();

        NewThread.Run(() => ones(2).Dispose());

        Assert.Equal(0, statistics.CreatedOutsideScopeCount);
        Assert.Equal(0, statistics.CreatedInScopeCount);
    });

    [Fact]
    public void TotalCount_OfTensorsMadeAndDisposed_ReturnsToItsStart()
    {
        GarbageCollection.Settle();
        var start = Tensor.TotalCount;
        using (NewDisposeScope())
        {
            _ = ones(2) + ones(2);
            Assert.Equal(start + 3, Tensor.TotalCount);
            Assert.True(Tensor.PeakCount >= start + 3);
        }

        Assert.Equal(start, Tensor.TotalCount);
    }

    [Fact]
    public void TotalCount_OfAbandonedTensors_ReturnsToItsStartByFinalizers()
    {
        GarbageCollection.Settle();
        var start = Tensor.TotalCount;

        NewThread.Run(() =>
        {
            for (var i = 0; i < 100; i++) _ = ones(8) + ones(8);
        });
        GarbageCollection.Settle();

        Assert.Equal(start, Tensor.TotalCount);
    }
}
