using Diffusion.Testing;
using Diffusion.Training.Evaluation;

namespace Diffusion.Training.Tests.Evaluation;

public sealed class DormandPrinceTests
{
    private static readonly double[] Rates = [-3, 0.5, 2];

    /// <summary>y' = k y cos u, whose solution is exp(k sin u).</summary>
    private static double[][] Field(int[] rows, double[] at, double[][] states) =>
        [.. rows.Select((row, i) => (double[])[Rates[row] * Math.Cos(at[i]) * states[i][0], Math.Cos(at[i])])];

    [Theory]
    [InlineData(1e-5)]
    [InlineData(1e-9)]
    public void Solve_KnownSolutions_AreMetToTheTolerance(double tolerance)
    {
        var (ends, evaluations) = DormandPrince.Solve(Field, [[1, 0], [1, 0], [1, 0]], 0, 7, tolerance, 10_000, CancellationToken.None);
        for (var row = 0; row < 3; row++)
        {
            Near.Relative(Math.Exp(Rates[row] * Math.Sin(7)), ends[row][0], 100 * tolerance, $"{row}");
            Near.Absolute(Math.Sin(7), ends[row][1], 100 * tolerance);
            Assert.Equal(1, evaluations[row] % 6);
            Assert.InRange(evaluations[row], 60, 2000);
        }
    }

    /// <summary>The pair is of order 5, so that a thousandth of the tolerance takes about four times the steps.</summary>
    [Fact]
    public void Solve_SmallerTolerance_TakesStepsByTheFifthRoot()
    {
        int Taken(double tolerance) => DormandPrince.Solve(Field, [[1, 0], [1, 0], [1, 0]], 0, 30, tolerance, 100_000, CancellationToken.None).Evaluations[2];
        Assert.InRange(Taken(1e-11) / (double)Taken(1e-8), 3.2, 4.8);
    }

    /// <summary>Beside numbers of a million the absolute tolerance is nothing: a thousand times as large, they take the same steps.</summary>
    [Fact]
    public void Solve_LargeNumbers_AreMetByTheRelativeTolerance()
    {
        var (_, evaluations) = DormandPrince.Solve(
            (_, at, states) => [.. states.Select((s, i) => (double[])[2 * Math.Cos(at[i]) * s[0]])], [[1e6], [1e9]], 0, 7, 1e-6, 10_000, CancellationToken.None);
        Assert.Equal(evaluations[0], evaluations[1]);
    }

    /// <summary>The error is a root mean square: many numbers that all do the same take the steps of one.</summary>
    [Fact]
    public void Solve_ManyEqualNumbers_TakeTheStepsOfOne()
    {
        var (ends, evaluations) = DormandPrince.Solve(
            (_, at, states) => [.. states.Select((s, i) => Array.ConvertAll(s, y => 2 * Math.Cos(at[i]) * y))],
            [[1], [.. Enumerable.Repeat(1.0, 256)]], 0, 7, 1e-6, 10_000, CancellationToken.None);
        Assert.Equal(evaluations[0], evaluations[1]);
        Assert.All(ends[1], y => Near.Relative(ends[0][0], y, 1e-9));
    }

    [Fact]
    public void Solve_Neighbours_ChangeNoBit()
    {
        var together = DormandPrince.Solve(Field, [[1, 0], [1, 0], [1, 0]], 0, 7, 1e-6, 10_000, CancellationToken.None);
        for (var row = 0; row < 3; row++)
        {
            var own = row;
            var alone = DormandPrince.Solve((_, at, states) => Field([own], at, states), [[1, 0]], 0, 7, 1e-6, 10_000, CancellationToken.None);
            Assert.Equal(alone.Ends[0], together.Ends[row]);
            Assert.Equal(alone.Evaluations[0], together.Evaluations[row]);
        }
    }

    [Fact]
    public void Solve_WhatCannotBeFollowed_Ends()
    {
        Assert.Throws<EvaluationException>(() => DormandPrince.Solve(Field, [[1, 0], [1, 0], [1, 0]], 0, 7, 1e-9, 100, CancellationToken.None));
        Assert.Throws<EvaluationException>(() => DormandPrince.Solve((_, _, s) => [.. s.Select(_ => (double[])[double.NaN])], [[1]], 0, 1, 1e-5, 100, CancellationToken.None));
        Assert.Throws<OperationCanceledException>(() => DormandPrince.Solve(Field, [[1, 0]], 0, 7, 1e-9, 100, new CancellationToken(true)));
    }
}
