using Diffusion.Inference.Engine;

namespace Diffusion.Inference.Tests.Engine;

public class RowLimitTests
{
    private readonly RowLimit limit = new(BatchSizes.UpTo(64));

    [Fact]
    public void OutOfMemory_Halves_DownToOne()
    {
        Assert.Equal(64, limit.Rows);
        limit.OutOfMemory(64);
        Assert.Equal(32, limit.Rows);
        limit.OutOfMemory(20);
        Assert.Equal(8, limit.Rows);
        for (var i = 0; i < 5; i++) limit.OutOfMemory(limit.Rows);
        Assert.Equal(1, limit.Rows);
    }

    [Fact]
    public void Fitted_OftenEnough_TriesOneSizeMore()
    {
        limit.OutOfMemory(64);
        for (var i = 0; i < RowLimit.CleanBatches - 1; i++) limit.Fitted();
        Assert.Equal(32, limit.Rows);
        limit.Fitted();
        Assert.Equal(48, limit.Rows);
        for (var i = 0; i < RowLimit.CleanBatches; i++) limit.Fitted();
        Assert.True(limit.IsWhole);
        for (var i = 0; i < RowLimit.CleanBatches; i++) limit.Fitted();
        Assert.Equal(64, limit.Rows);
    }

    [Theory]
    [InlineData(1, new[] { 1 })]
    [InlineData(2, new[] { 1, 2 })]
    [InlineData(16, new[] { 1, 2, 3, 4, 6, 8, 12, 16 })]
    [InlineData(50, new[] { 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 50 })]
    public void UpTo_EndsWithTheLargest(int most, int[] expected) => Assert.Equal(expected, BatchSizes.UpTo(most));

    [Fact]
    public void UpTo_NeverPadsMoreThanAThird()
    {
        var sizes = BatchSizes.UpTo(512);
        for (var rows = 1; rows <= 512; rows++) Assert.InRange(sizes.First(s => s >= rows) - rows, 0, sizes.First(s => s >= rows) / 3);
    }
}
