using Diffusion.Testing;
using Diffusion.Training.Objectives;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Objectives;

public sealed class FixedWalkTests
{
    /// <summary>Of the linear map a m + b every change is |a| times the one before: from x^0 the first is |(a - 1) a x^0 + a b|.</summary>
    [Theory]
    [InlineData(0.5, 6)]
    [InlineData(-0.8, 10)]
    [InlineData(1.25, 4)]
    [InlineData(0, 3)]
    public void Go_OfALinearMap_ChangesByItsFactor(double factor, int evaluations)
    {
        using var scope = NewDisposeScope();
        double[] start = [0.3, -1.7, 0.9, 2.1], shift = [0.1, 0.2, -0.4, 0];
        var x = tensor(Array.ConvertAll(shift, v => (float)v), [2, 1, 1, 2]);
        var (first, changes) = new FixedWalk(m => m.mul(tensor((float)factor)).add(x)).Go(tensor(Array.ConvertAll(start, v => (float)v), [2, 1, 1, 2]), evaluations);
        Assert.Equal(start.Zip(shift, (m, b) => (float)(factor * m + b)), first, (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal(Enumerable.Range(2, evaluations - 1).Select(n => $"sampleChange.{n}"), changes.Select(c => c.Key));
        var expected = Math.Sqrt(start.Zip(shift, (m, b) => Math.Pow((factor - 1) * factor * m + factor * b, 2)).Average());
        foreach (var (name, change) in changes)
        {
            Near.Absolute(expected, change, 1e-6, name);
            expected *= Math.Abs(factor);
        }
    }

    /// <summary>One evaluation changes nothing yet, and a walk of a thousand is not followed to its end.</summary>
    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(10, 10)]
    [InlineData(1000, 10)]
    public void Go_TakesFromTwoToTenEvaluations(int asked, int taken)
    {
        using var scope = NewDisposeScope();
        var count = 0;
        new FixedWalk(m =>
        {
            count++;
            return m.neg();
        }).Go(ones(1, 1, 2, 2), asked);
        Assert.Equal(taken, count);
    }
}
