using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Schedules;
using Diffusion.Testing;
using Diffusion.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Objectives;

public sealed class VariationalBoundTests
{
    private static readonly NoiseSchedule Linear = LinearSchedule.Raw(1000);
    private static readonly ReverseChain Whole = ReverseChain.Whole(Linear);
    private static readonly VariationalBound Bound = new(Linear, Whole);

    public static TheoryData<string> Cases => [.. BoundFixture.All.Where(c => !c.Constant).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Terms_InFloat64_AreThoseOfPyTorchWithTheirGradients(string name)
    {
        var one = BoundFixture.All.Single(c => c.Name == name);
        using var scope = NewDisposeScope();
        long[] shape = [one.Times.Length, one.Channels, one.Size, one.Size];
        var output = tensor(one.Output, [shape[0], 2 * one.Channels, one.Size, one.Size]).requires_grad_();
        var (image, v) = (output.narrow(1, 0, one.Channels), output.narrow(1, one.Channels, one.Channels));
        var clean = tensor(one.Clean, shape);
        var steps = Array.ConvertAll(one.Times, t => t - 1);
        var schedule = one.Noising;
        var bound = new VariationalBound(schedule, ReverseChain.Whole(schedule));
        var maps = Array.ConvertAll(one.Times, t => Samplers.PredictionMap.ToClean(one.Kind, schedule, t));
        var estimate = tensor(one.Noisy, shape).mul(tensor(Array.ConvertAll(maps, m => m.P), [shape[0], 1, 1, 1])).add(image.mul(tensor(Array.ConvertAll(maps, m => m.Q), [shape[0], 1, 1, 1])));
        var terms = bound.Terms(clean, estimate, bound.LearnedLog(v, steps), steps);
        for (var i = 0; i < one.Terms.Length; i++) Near.Relative(one.Terms[i], terms[i].item<double>(), 1e-9, $"term {i}");
        var mean = terms.mean();
        Near.Relative(one.Bound, mean.item<double>() * one.Steps, 1e-9);
        mean.backward();
        var gradient = output.grad!.data<double>().ToArray();
        var largest = one.BoundGradient.Max(Math.Abs);
        for (var i = 0; i < gradient.Length; i++) Near.Absolute(one.BoundGradient[i], gradient[i] * one.Steps, 1e-8 * largest, $"gradient {i}");
    }

    [Theory]
    [InlineData(1, 1.418938533205)]
    [InlineData(0.25, 0.725791353)]
    public void Terms_OfTheExactModelOfANormalLaw_AddUpToItsEntropyAndThePriors(double s2, double nats)
    {
        using var scope = NewDisposeScope();
        // the mean square of the estimate's error is Var(x_0 | x_t), and the model's variance is bt~ + c1^2 of that
        var (steps, errors, logs) = (Enumerable.Range(1, 999).ToArray(), new double[999], new double[999]);
        for (var i = 0; i < 999; i++)
        {
            var spread = Left(s2, i + 2);
            var posterior = Whole.Posterior(i + 1);
            (errors[i], logs[i]) = (Math.Sqrt(spread), Math.Log(posterior.Variance + posterior.CleanWeight * posterior.CleanWeight * spread));
        }
        var sum = Bound.Terms(Column(errors), zeros(999, 1, 1, 1, dtype: float64), Column(logs), steps).sum().item<double>();
        var decoder = 0.5 * Math.Log(2 * Math.PI * Left(s2, 1)) + 0.5;
        var prior = Bound.Prior([(float)Math.Sqrt(s2)]);
        var expected = nats + 0.5 * (Linear.AlphaBar(1000) * (s2 - 1) - Math.Log(1 + Linear.AlphaBar(1000) * (s2 - 1)));
        Near.Absolute(expected, (sum + prior) * Math.Log(2) + decoder, 2e-9);
        if (s2 == 1) Near.Absolute(2.047095585, sum + prior + decoder / Math.Log(2), 1e-8);
    }

    [Fact]
    public void Terms_OfTheSmallVariance_AddUpToTheKnownSum()
    {
        using var scope = NewDisposeScope();
        var steps = Enumerable.Range(1, 999).ToArray();
        var errors = Column([.. steps.Select(k => Math.Sqrt(Left(0.25, k + 1)))]);
        Near.Absolute(6.302437, Bound.Terms(errors, zeros_like(errors), Bound.SmallLog(errors, steps), steps).sum().item<double>(), 1e-6);
    }

    [Theory]
    [InlineData(1, 0.999544)]
    [InlineData(10, 0.993916)]
    [InlineData(100, 0.762340)]
    [InlineData(500, 0.265574)]
    [InlineData(999, 0.250008)]
    public void Terms_AtTheBestVariance_HaveTheirLeast(int step, double share)
    {
        // the known shares have six digits: the slope changes sign there
        Assert.True(Slopes(0.25, [step], [share - 1e-6])[0] < 0, "below");
        Assert.True(Slopes(0.25, [step], [share + 1e-6])[0] > 0, "above");
    }

    /// <summary>bt~ is the variance of a point mass, b that of N(0, 1); what is spread more widely needs more than b.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public void Terms_AtTheBestVarianceOfEveryStep_HaveTheirLeast(double s2)
    {
        var steps = Enumerable.Range(1, 999).ToArray();
        double[] shares = [.. steps.Select(k =>
        {
            var (clean, _, small, beta) = Linear.PosteriorBetween(k, k + 1);
            return s2 is 0 or 1 ? s2 : Math.Log((small + clean * clean * Left(s2, k + 1)) / small) / Math.Log(beta / small);
        })];
        if (s2 == 4) Assert.All(shares, share => Assert.InRange(share, 1 + 1e-5, 4.5));
        Assert.All(Slopes(s2, steps, [.. shares.Select(s => s - 1e-4)]), slope => Assert.True(slope < 0, "below"));
        Assert.All(Slopes(s2, steps, [.. shares.Select(s => s + 1e-4)]), slope => Assert.True(slope > 0, "above"));
    }

    /// <summary>d term / d v of the best estimate there is of data N(0, s2), at these shares of ln b.</summary>
    private static double[] Slopes(double s2, int[] steps, double[] shares)
    {
        using var scope = NewDisposeScope();
        var error = Column([.. steps.Select(k => Math.Sqrt(Left(s2, k + 1)))]);
        var v = Column([.. shares.Select(s => 2 * s - 1)]).requires_grad_();
        Bound.Terms(error, zeros_like(error), Bound.LearnedLog(v, steps), steps).sum().backward();
        return v.grad!.data<double>().ToArray();
    }

    /// <summary>The decoder's term of one level, by hand in both forms; the terms of every other step have no such mass.</summary>
    [Fact]
    public void Terms_InBothFormsOfTheMass_DifferInTheDecoderAlone()
    {
        using var scope = NewDisposeScope();
        var (clean, estimate) = (Column([0.2, 0.2]), Column([0.17, 0.17]));
        double[] Of(NormalCdf cdf)
        {
            var bound = new VariationalBound(Linear, Whole, cdf);
            return bound.Terms(clean, estimate, bound.SmallLog(clean, [0, 1]), [0, 1]).data<double>().ToArray();
        }
        var deviation = Math.Sqrt(Linear.PosteriorBetween(1, 2).Variance);
        double Bits(Func<double, double> mass) => -Math.Log2(mass((0.2 - 0.17 + 1 / 255.0) / deviation) - mass((0.2 - 0.17 - 1 / 255.0) / deviation));
        Near.Relative(Bits(Statistics.NormalMass), Of(NormalCdf.Exact)[0], 1e-9, "exact");
        Near.Relative(Bits(z => 0.5 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (z + 0.044715 * z * z * z)))), Of(NormalCdf.Tanh)[0], 1e-9, "tanh");
        Assert.True(Math.Abs(Of(NormalCdf.Exact)[0] - Of(NormalCdf.Tanh)[0]) > 1e-3);
        Assert.Equal(Of(NormalCdf.Exact)[1], Of(NormalCdf.Tanh)[1]);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    [InlineData(1.7)]
    public void LearnedLog_OfAnyNumber_IsAStraightLineThroughTheBounds(double share)
    {
        using var scope = NewDisposeScope();
        int[] steps = [0, 1, 500, 999];
        var found = Bound.LearnedLog(full(4, 1, 1, 1, 2 * share - 1, dtype: float64), steps);
        for (var i = 0; i < steps.Length; i++)
        {
            var low = Math.Log(Linear.PosteriorBetween(Math.Max(1, steps[i]), Math.Max(1, steps[i]) + 1).Variance);
            Near.Relative(share * Math.Log(Linear.Beta(steps[i] + 1)) + (1 - share) * low, found[i].item<double>(), 1e-12);
        }
    }

    [Fact]
    public void Prior_OfWhiteAndBlack_IsTheKnownNumber() => Near.Absolute(2.911e-5, Bound.Prior([1, -1, 1, 1]), 5e-9);

    [Fact]
    public void Terms_OfTheWholeBoundInFloat32_AgreeWithFloat64()
    {
        using var scope = NewDisposeScope();
        var steps = Enumerable.Range(0, 1000).ToArray();
        var clean = Column([.. steps.Select(k => k % 256 / 127.5 - 1)]);
        var (estimate, v) = (clean.add(Column([.. steps.Select(k => 0.05 * Math.Sin(k))])), Column([.. steps.Select(k => Math.Cos(3 * k))]));
        double Sum(Func<Tensor, Tensor> to) => Bound.Terms(to(clean), to(estimate), Bound.LearnedLog(to(v), steps), steps).to_type(ScalarType.Float64).sum().item<double>();
        Near.Relative(Sum(x => x), Sum(x => x.to_type(ScalarType.Float32)), 1e-4);
    }

    /// <summary>Var(x_0 | x_t) of data N(0, s2).</summary>
    private static double Left(double s2, int t) => s2 * (1 - Linear.AlphaBar(t)) / (Linear.AlphaBar(t) * s2 + 1 - Linear.AlphaBar(t));

    private static Tensor Column(double[] values) => tensor(values, [values.Length, 1, 1, 1]);
}
