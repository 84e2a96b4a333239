using Diffusion.Imaging;
using Diffusion.Testing;
using Diffusion.Training.Live;
using Diffusion.Training.Loop;

namespace Diffusion.Training.Tests.Live;

public sealed class SampleGridsTests : IDisposable
{
    private const int Size = 3;

    private readonly TemporaryFolder folder = new();
    private readonly SampleGrids grids;

    public SampleGridsTests() => grids = new SampleGrids(new RunFiles(folder.Path), TimeProvider.System);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Strip_HasARowForEachSeedAndAColumnForEachGrid()
    {
        foreach (var step in new[] { 100, 20, 3 }) Draw(step);
        Assert.Equal([3, 20, 100], grids.All().Select(g => g.Step));
        var strip = PictureReader.Read(grids.Strip(Size, 1, columns: 3, rows: 4), 1, 10_000);
        Assert.Equal((3 * Size + 4, 4 * Size + 6), (strip.Width, strip.Height));
        for (var row = 0; row < 4; row++)
            Assert.Equal(new[] { 3, 20, 100 }.Select(step => Shade(step, row)), Enumerable.Range(0, 3).Select(column => strip.Pixels[(row * (Size + 2) + 1) * strip.Width + column * (Size + 2) + 1]));
    }

    [Theory]
    [InlineData(1, "8")]
    [InlineData(2, "0 8")]
    [InlineData(3, "0 4 8")]
    [InlineData(9, "0 1 2 3 4 5 6 7 8")]
    [InlineData(50, "0 1 2 3 4 5 6 7 8")]
    public void Evenly_OfNine_HasBothEnds(int most, string expected) =>
        Assert.Equal(expected, string.Join(' ', SampleGrids.Evenly(Enumerable.Range(0, 9).ToArray(), most)));

    [Fact]
    public void Strip_WithoutGrids_IsNone()
    {
        Assert.Empty(grids.All());
        Assert.Null(grids.Strip(Size, 1, 3, 3));
        Assert.Null(grids.Read(5));
    }

    private static byte Shade(int step, int sample) => (byte)(step + 10 * sample);

    private void Draw(int step)
    {
        Directory.CreateDirectory(folder["samples"]);
        var sheet = ImageGrid.Arrange([.. Enumerable.Range(0, 9).Select(i => new Picture([.. Enumerable.Repeat(Shade(step, i), Size * Size)], Size, Size, 1))]);
        File.WriteAllBytes(new RunFiles(folder.Path).SampleOf(step), ImageEncoder.Encode(sheet, "png"));
    }
}
