using Diffusion.Testing;
using Diffusion.Training.Evaluation;

namespace Diffusion.Training.Tests.Evaluation;

public sealed class LabelTurnsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public LabelTurnsTests() => TinySet.Write(folder["data"], train: 9);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Choose_WithClasses_TakesTheLabelsInTurn()
    {
        using var set = TinySet.Open(folder["data"]);
        // labels alternate, and 1 is there four times
        Assert.Equal([0, 1, 2, 3, 4], LabelTurns.Choose(set, 5, 2));
        Assert.Equal([0, 2, 4], LabelTurns.Choose(set, 3, 1));
        Assert.Equal(9, LabelTurns.Choose(set, 20, 2).Length);
    }

    [Fact]
    public void Choose_WithoutClasses_TakesTheFirst()
    {
        using var set = TinySet.Open(folder["data"]);
        Assert.Equal([0, 1, 2], LabelTurns.Choose(set, 3, null));
    }
}
