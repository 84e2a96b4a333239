using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Inference.Tests.Engine;

public sealed class SampleSlotsTests : IDisposable
{
    private readonly SampleSlots slots = new(new PictureShape(1, 1, 2), CPU, hasMemory: true);
    private readonly DisposeScope scope = NewDisposeScope();

    [Fact]
    public void Commit_ThatFailsOnTheHistory_LeavesTheStateToo()
    {
        var index = Placed([1, 2], [3, 4]);
        Assert.ThrowsAny<Exception>(() => slots.Commit(index, full([1, 1, 1, 2], 9f), full([1, 1, 1, 3], 9f)));
        Assert.Equal([1f, 2, 3, 4], State(index));
    }

    [Fact]
    public void Commit_WritesBoth()
    {
        var index = Placed([1, 2], [3, 4]);
        slots.Commit(index, full([1, 1, 1, 2], 8f), full([1, 1, 1, 2], 9f));
        Assert.Equal([8f, 8, 9, 9], State(index));
    }

    [Fact]
    public void Place_MoreThanThereAre_KeepsTheOldOnes()
    {
        var first = Placed([1, 2], [3, 4]);
        for (var i = 0; i < 20; i++) Placed([5, 6], []);
        Assert.Equal([1f, 2, 3, 4], State(first));
        Assert.Equal(21, slots.Used);
    }

    [Fact]
    public void KeepHistory_Later_StartsAtZero()
    {
        using var without = new SampleSlots(new PictureShape(1, 1, 2), CPU, hasMemory: false);
        var taken = without.Place([1, 2], []);
        var index = tensor(Array.ConvertAll(taken, s => (long)s));
        Assert.Null(without.Gather(index).History);
        without.KeepHistory();
        var (x, history) = without.Gather(index);
        Assert.Equal([1f, 2], x.data<float>().ToArray());
        Assert.Equal([0f, 0], history!.data<float>().ToArray());
    }

    public void Dispose()
    {
        scope.Dispose();
        slots.Dispose();
    }

    private Tensor Placed(float[] x, float[] memory) => tensor(Array.ConvertAll(slots.Place(x, memory), s => (long)s));

    private float[] State(Tensor index)
    {
        var (x, history) = slots.Gather(index);
        return [.. x.contiguous().data<float>().ToArray(), .. history!.contiguous().data<float>().ToArray()];
    }
}
