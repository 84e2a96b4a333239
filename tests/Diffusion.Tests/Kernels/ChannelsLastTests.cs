using Diffusion.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Tests.Kernels;

public sealed class ChannelsLastTests
{
    /// <summary>A part of a batch begins in the middle of its memory, which must not be forgotten where both layouts are the same memory.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Of_PartOfABatch_HasItsValuesAndTheLayout(long channels)
    {
        using var scope = NewDisposeScope();
        var batch = arange(5 * channels * 12, ScalarType.Float32).view(5, channels, 3, 4);
        var part = batch.narrow(0, 2, 2);
        var last = ChannelsLast.Of(part);
        Assert.Equal([2, channels, 3, 4], last.shape);
        Assert.Equal(part.contiguous().data<float>().ToArray(), last.contiguous().data<float>().ToArray());
        Assert.Equal([12 * channels, 1, 4 * channels, channels], last.stride());
        Assert.True(ChannelsLast.Is(last));
    }
}
