using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using Diffusion.Training.Data;
using Diffusion.Training.Evaluation;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Evaluation;

public sealed class BitsPerDimTests : IDisposable
{
    private const float Answer = 0.2f, Spread = 0.3f;

    private readonly TemporaryFolder folder = new();

    public BitsPerDimTests()
    {
        set_num_threads(1);
        TinySet.Write(folder["data"], test: 7);
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(Prediction.X0, 20, "")]
    [InlineData(Prediction.V, 20, "clip=off")]
    [InlineData(Prediction.Epsilon, 20, "")]
    [InlineData(Prediction.Epsilon, 5, "spacing=even")]
    [InlineData(Prediction.V, 1, "")]
    public void Measure_OfANetworkThatAnswersTwoNumbers_IsWhatTheFormulaeSay(Prediction prediction, int steps, string option)
    {
        var (model, table) = Chain(prediction, steps, option);
        using var network = Constant();
        using var images = TinySet.Open(folder["data"], "test");
        var found = new BitsPerDim(network, model, CPU).Measure(new BoundRequest(table, 100, 9), images, CancellationToken.None);
        Assert.Equal(["nll.large", "nll.large.error", "nll.learned", "nll.learned.error", "nll.prior", "nll.small", "nll.small.error"], found.Keys);
        foreach (var kind in new[] { "small", "large", "learned" })
        {
            var each = Enumerable.Range(0, 7).Select(i => Expected(model, table, images, i, 9, kind)).ToArray();
            Near.Relative(each.Average(), found[$"nll.{kind}"], 1e-6, kind);
            var mean = each.Average();
            Near.Relative(Math.Sqrt(each.Sum(x => (x - mean) * (x - mean)) / 6 / 7), found[$"nll.{kind}.error"], 1e-4, kind);
        }
    }

    [Fact]
    public void Measure_ByTanh_IsWhatTheFormulaeSayWithItsMass()
    {
        var (model, table) = Chain(Prediction.X0, 20, "");
        using var network = Constant();
        using var images = TinySet.Open(folder["data"], "test");
        SortedDictionary<string, double> Of(NormalCdf cdf) => new BitsPerDim(network, model, CPU).Measure(new BoundRequest(table, 100, 9, cdf), images, CancellationToken.None);
        var (exact, found) = (Of(NormalCdf.Exact), Of(NormalCdf.Tanh));
        foreach (var kind in new[] { "small", "large", "learned" })
        {
            Near.Relative(Enumerable.Range(0, 7).Average(i => Expected(model, table, images, i, 9, kind, Approximate)), found[$"nll.{kind}"], 1e-6, kind);
            Assert.True(Math.Abs(exact[$"nll.{kind}"] - found[$"nll.{kind}"]) > 1e-4 * exact[$"nll.{kind}"], kind);
        }
    }

    [Fact]
    public void Measure_OfSomeImages_TakesThemEvenlyAndTheSameEveryTime()
    {
        var (model, table) = Chain(Prediction.Epsilon, 4, "");
        using var network = Constant();
        using var images = TinySet.Open(folder["data"], "test");
        var measure = new BitsPerDim(network, model, CPU);
        var found = measure.Measure(new BoundRequest(table, 3, 9), images, CancellationToken.None);
        Near.Relative(new[] { 0, 2, 4 }.Average(i => Expected(model, table, images, i, 9, "small")), found["nll.small"], 1e-6);
        Assert.Equal(found, measure.Measure(new BoundRequest(table, 3, 9), images, CancellationToken.None));
        Assert.NotEqual(found["nll.small"], measure.Measure(new BoundRequest(table, 3, 10), images, CancellationToken.None)["nll.small"]);
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void Measure_OfAModelWithClasses_TellsItThoseOfTheImagesIfTheyAreAsMany(int classes, bool told)
    {
        var (model, table) = Chain(Prediction.X0, 4, "");
        using var images = TinySet.Open(folder["data"], "test");
        double Of(int changed)
        {
            using var network = Constant(classes);
            using var off = no_grad();
            random.manual_seed(4);
            foreach (var weight in network.parameters()) weight.normal_(0, 0.2);
            if (changed >= 0) network.named_parameters().Single(p => p.Item1 == "label_emb.weight").Item2.narrow(0, changed, 1).normal_(0, 3);
            return new BitsPerDim(network, model, CPU).Measure(new BoundRequest(table, 7, 9), images, CancellationToken.None)["nll.small"];
        }
        var plain = Of(-1);
        Assert.Equal(told, BitsPerDim.TellsLabels(TinyJob.Read(TinyJob.Hybrid).Network with { Classes = classes }, images.Manifest));
        Assert.Equal(told, plain != Of(0));
        Assert.Equal(!told, plain != Of(classes));
    }

    [Fact]
    public void Measure_Cancelled_Stops()
    {
        var (model, table) = Chain(Prediction.X0, 4, "");
        using var network = Constant();
        using var images = TinySet.Open(folder["data"], "test");
        Assert.Throws<OperationCanceledException>(() => new BitsPerDim(network, model, CPU).Measure(new BoundRequest(table, 7, 9), images, new CancellationToken(true)));
    }

    private static (DenoiserTraits Model, SamplerTable Table) Chain(Prediction prediction, int steps, string option)
    {
        var model = new DenoiserTraits(ScheduleCatalogue.Create("cosine", 20), prediction, LearnsVariance: true);
        var sampler = SamplerCatalog.Find("ddpm")!;
        var options = option.Length == 0 ? new Dictionary<string, string>() : new() { [option.Split('=')[0]] = option.Split('=')[1] };
        return (model, sampler.Compile(model, new SamplingOptions(sampler, steps, options)));
    }

    /// <summary>A network that answers the same two numbers everywhere.</summary>
    private static UNet Constant(int? classes = null)
    {
        var network = new UNet(TinyJob.Read(TinyJob.Hybrid).Network with { Classes = classes }, 1);
        using var off = no_grad();
        using var values = tensor(new[] { Answer, Spread });
        ((Conv2d)network.named_modules().Single(m => m.name == "out.2").module).bias!.copy_(values);
        return network;
    }

    /// <summary>The bound of one image, number by number.</summary>
    private static double Expected(DenoiserTraits model, SamplerTable table, ImageSet images, int image, ulong seed, string kind, Func<double, double, double, double>? mass = null)
    {
        mass ??= Mass;
        var schedule = model.Schedule;
        int[] times = [.. table.Rows.Reverse().Select(r => r.TimeIndex + 1)];
        var (clean, noise) = (new float[images.Pixels], new float[images.Pixels]);
        images.Read(image, clean);
        var end = schedule.AlphaBar(times[^1]);
        var nats = clean.Average(x => 0.5 * (end * x * x - end - Math.Log(1 - end)));
        for (var k = 0; k < times.Length; k++)
        {
            var (t, s) = (times[k], k == 0 ? 0 : times[k - 1]);
            double a = schedule.AlphaBar(t), before = schedule.AlphaBar(s), beta = 1 - a / before;
            var own = beta * (1 - before) / (1 - a);
            var second = times.Length == 1 ? beta : (1 - schedule.AlphaBar(times[1]) / schedule.AlphaBar(times[0])) * (1 - schedule.AlphaBar(times[0])) / (1 - schedule.AlphaBar(times[1]));
            var small = k == 0 ? second : own;
            var variance = kind switch { "small" => small, "large" => k == 0 ? second : beta, _ => Math.Pow(beta, (Spread + 1) / 2) * Math.Pow(small, (1 - Spread) / 2) };
            SeededNoise.Normal(seed, (uint)image, (uint)t, NoisePurpose.BoundNoise, noise);
            var (p, q) = model.Prediction.ToClean(schedule, t);
            nats += Enumerable.Range(0, clean.Length).Average(i =>
            {
                var noisy = (float)Math.Sqrt(a) * clean[i] + (float)Math.Sqrt(1 - a) * noise[i];
                var estimate = p * noisy + q * Answer;
                if (table.Rows[0].ClipsClean) estimate = Math.Clamp(estimate, -1, 1);
                var difference = Math.Sqrt(before) * beta / (1 - a) * (clean[i] - estimate);
                return k == 0 ? -Math.Log(mass(clean[i], estimate, Math.Sqrt(variance))) : 0.5 * (Math.Log(variance / own) + (own + difference * difference) / variance - 1);
            });
        }
        return nats / Math.Log(2);
    }

    /// <summary>The mass of a level's bin by the published approximation of Phi.</summary>
    private static double Approximate(double level, double mean, double deviation)
    {
        // (1 + tanh u) / 2, in the form that has its digits where the mass is small
        static double Below(double z) => 1 / (1 + Math.Exp(-2 * Math.Sqrt(2 / Math.PI) * (z + 0.044715 * z * z * z)));
        double low = (level - 1.0 / 255 - mean) / deviation, high = (level + 1.0 / 255 - mean) / deviation;
        if (low > 0) (low, high) = (-high, -low);
        return Math.Max(1e-12, level < -0.999 ? Below((level + 1.0 / 255 - mean) / deviation) : level > 0.999 ? Below(-(level - 1.0 / 255 - mean) / deviation) : Below(high) - Below(low));
    }

    /// <summary>The mass of a level's bin by Simpson's rule.</summary>
    private static double Mass(double level, double mean, double deviation)
    {
        const int Parts = 20_000;
        double low = (level - 1.0 / 255 - mean) / deviation, high = (level + 1.0 / 255 - mean) / deviation;
        if (level < -0.999) low = Math.Min(-12, high - 12);
        if (level > 0.999) high = Math.Max(12, low + 12);
        double width = (high - low) / Parts, sum = 0;
        for (var i = 0; i <= Parts; i++)
        {
            var z = low + i * width;
            sum += Math.Exp(-z * z / 2) * (i == 0 || i == Parts ? 1 : i % 2 == 1 ? 4 : 2);
        }
        return Math.Max(1e-12, sum * width / 3 / Math.Sqrt(2 * Math.PI));
    }
}
