using Diffusion.Samplers;
using Diffusion.Testing;
using static Diffusion.Tests.Samplers.SamplerTables;

namespace Diffusion.Tests.Samplers;

public sealed class DdpmSamplerTests
{
    private static readonly DenoiserTraits Model = new(Linear, Prediction.Epsilon);

    [Fact]
    public void Compile_WithoutClip_IsTheMeanOfAlgorithmTwo()
    {
        var rows = Compile("ddpm", Model, 1000, ("clip", "off")).Rows;
        for (var i = 0; i < 999; i++)
        {
            var t = 1000 - i;
            Assert.Equal(t - 1, rows[i].TimeIndex);
            // (x - beta/sigma eps)/sqrt(1 - beta), for x = 1, eps = 0 and for x = 0, eps = 1
            Near.Relative(1 / Math.Sqrt(1 - Linear.Beta(t)), rows[i].A + rows[i].B * rows[i].P, 1e-12);
            Near.Relative(-Linear.Beta(t) / Linear.Sigma(t) / Math.Sqrt(1 - Linear.Beta(t)), rows[i].B * rows[i].Q, 1e-11);
        }
    }

    [Theory]
    [InlineData("small")]
    [InlineData("large")]
    public void Compile_Variance_IsThePosteriorsOrBeta(string variance)
    {
        var rows = Compile("ddpm", Model, 1000, ("variance", variance)).Rows;
        for (var t = 1000; t > 1; t--)
            Near.Relative(variance == "large" ? Linear.Beta(t) : Linear.PosteriorBetween(t - 1, t).Variance, Math.Pow(rows[1000 - t].D, 2), 1e-12);
        Assert.Equal(0, rows[^1].D);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(50)]
    [InlineData(2)]
    public void Compile_LearnedVariance_IsAStraightLineBetweenTheLogarithmsOfTheRespacedBounds(int steps)
    {
        var model = Model with { LearnsVariance = true };
        var (learned, small, large) = (Compile("ddpm", model, steps).Rows, Compile("ddpm", model, steps, ("variance", "small")).Rows, Compile("ddpm", model, steps, ("variance", "large")).Rows);
        Assert.True(learned.SequenceEqual(Compile("ddpm", model, steps, ("variance", "learned")).Rows));
        for (var i = 0; i < steps - 1; i++)
        {
            double At(double v) => learned[i].D * Math.Exp(learned[i].E * v);
            Near.Relative(small[i].D, At(-1), 1e-12);
            Near.Relative(large[i].D, At(1), 1e-12);
            Near.Relative(Math.Sqrt(small[i].D * large[i].D), At(0), 1e-12);
            Near.Relative(large[i].D * Math.Sqrt(large[i].D / small[i].D), At(2), 1e-11);
            Assert.Equal(small[i], learned[i] with { D = small[i].D, E = 0 });
        }
        Assert.Equal((0, 0), (learned[^1].D, learned[^1].E));
    }

    [Fact]
    public void Compile_VarianceOfAModelThatLearnedNone_IsSmallOrRefused()
    {
        Assert.True(Compile("ddpm", Model, 20, ("variance", "small")).Rows.SequenceEqual(Compile("ddpm", Model, 20).Rows));
        Assert.Equal("variance", Assert.Throws<SamplingOptionException>(() => Compile("ddpm", Model, 20, ("variance", "learned"))).Field);
    }

    [Fact]
    public void Compile_FewSteps_UsesTheRespacedPosterior()
    {
        var rows = Compile("ddpm", Model, 10).Rows;
        for (var i = 0; i < 9; i++)
        {
            var posterior = Linear.PosteriorBetween(900 - 100 * i, 1000 - 100 * i);
            Assert.Equal((999 - 100 * i, posterior.NoisyWeight, posterior.CleanWeight), (rows[i].TimeIndex, rows[i].A, rows[i].B));
            Near.Relative(1 - posterior.Beta, Linear.AlphaBar(1000 - 100 * i) / Linear.AlphaBar(900 - 100 * i), 1e-12);
        }
    }

    /// <summary>The row of Song et al. 2021 with the noise of fixed-large over few steps: sqrt(1 - a_t / a_s), about the mean of DDPM.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(50)]
    public void Compile_LargeVarianceInFewSteps_IsAllThatTheStepAdded(int steps)
    {
        var (large, small) = (Compile("ddpm", Model, steps, ("variance", "large")).Rows, Compile("ddpm", Model, steps, ("variance", "small")).Rows);
        for (var i = 0; i < steps - 1; i++)
        {
            Near.Relative(1 - Linear.AlphaBar(large[i].TimeIndex + 1) / Linear.AlphaBar(large[i + 1].TimeIndex + 1), large[i].D * large[i].D, 1e-12, $"{i}");
            Assert.Equal(small[i], large[i] with { D = small[i].D });
        }
        Assert.Equal(0, large[^1].D);
    }

    [Fact]
    public void Compile_ByDefault_ClipsEveryEstimate()
    {
        Assert.All(Compile("ddpm", Model, 10).Rows, r => Assert.True(r.ClipsClean));
        Assert.All(Compile("ddpm", Model, 10, ("clip", "off")).Rows, r => Assert.False(r.ClipsClean));
    }
}
