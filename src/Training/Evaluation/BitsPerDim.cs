using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Training.Data;
using Diffusion.Training.Loop;
using Diffusion.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Evaluation;

/// <summary>How the bound is taken.</summary>
/// <param name="Table">Of <c>ddpm</c>: its steps are the chain's, and clip as they do.</param>
/// <param name="Images">How many images, evenly chosen; fewer where there are not so many.</param>
/// <param name="Seed">Key of the noise.</param>
/// <param name="Cdf">How the mass of a level is computed.</param>
internal sealed record BoundRequest(SamplerTable Table, int Images, ulong Seed, NormalCdf Cdf = NormalCdf.Exact);

/// <summary>
/// The variational bound on -log2 p(x_0) of real images, a number for each of their numbers: the chain's every term, of one x_t each, and the
/// prior's (Nichol and Dhariwal 2021, section 2.3). One evaluation of the network serves the variances that are kept fixed and the learned one.
/// </summary>
internal sealed class BitsPerDim(UNet network, DenoiserTraits model, Device device)
{
    private const int Batch = 100;
    private const string Small = "small", Large = "large", Learned = "learned";
    private static readonly Scalar Low = -1.0, High = 1.0;

    private readonly Inputs inputs = new(network.Config, device);

    private UNetConfig Config => network.Config;

    private IReadOnlyList<string> Kinds => Config.LearnedVariance ? [Small, Large, Learned] : [Small, Large];

    /// <summary>Whether a model with classes is told those of these images: they must be as many.</summary>
    public static bool TellsLabels(UNetConfig network, ImageSetManifest images) => network.Classes == images.Classes.Count;

    /// <summary><c>nll.small</c>, <c>nll.large</c> and <c>nll.learned</c>, each with the standard error over the images, and <c>nll.prior</c>, in bits.</summary>
    public SortedDictionary<string, double> Measure(BoundRequest request, ImageSet images, CancellationToken stop)
    {
        var rows = request.Table.Rows;
        var chain = new ReverseChain(model.Schedule, [.. rows.Reverse().Select(r => r.TimeIndex + 1)]);
        var bound = new VariationalBound(model.Schedule, chain, request.Cdf);
        var count = Math.Min(request.Images, images.Count);
        var sums = Kinds.ToDictionary(kind => kind, _ => new double[count], StringComparer.Ordinal);
        var priors = new double[count];
        for (var first = 0; first < count; first += Batch)
        {
            var batch = Read(images, Enumerable.Range(first, Math.Min(Batch, count - first)).Select(i => (int)((long)i * images.Count / count)).ToArray());
            for (var i = 0; i < batch.Count; i++) priors[first + i] = bound.Prior(batch.Clean.AsSpan(i * images.Pixels, images.Pixels));
            for (var k = 0; k < chain.Count; k++)
            {
                stop.ThrowIfCancellationRequested();
                foreach (var (kind, terms) in Terms(bound, Noised(batch, chain.Time(k), request.Seed), k, rows[0].ClipsClean))
                    for (var i = 0; i < terms.Length; i++) sums[kind][first + i] += terms[i];
            }
        }
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal) { [$"{MetricNames.Nll}.prior"] = priors.Average() };
        foreach (var (kind, sum) in sums)
        {
            var each = sum.Zip(priors, (terms, prior) => terms + prior).ToArray();
            figures[$"{MetricNames.Nll}.{kind}"] = each.Average();
            figures[$"{MetricNames.Nll}.{kind}.error"] = Error(each);
        }
        return figures;
    }

    /// <summary>Standard deviation of the mean.</summary>
    private static double Error(double[] each)
    {
        var mean = each.Average();
        return each.Length < 2 ? 0 : Math.Sqrt(each.Sum(x => (x - mean) * (x - mean)) / (each.Length - 1) / each.Length);
    }

    private TrainingBatch Read(ImageSet images, int[] indices)
    {
        var clean = new float[indices.Length * images.Pixels];
        for (var i = 0; i < indices.Length; i++) images.Read(indices[i], clean.AsSpan(i * images.Pixels, images.Pixels));
        var told = TellsLabels(Config, images.Manifest);
        long[]? labels = Config.NullLabel is { } none ? Array.ConvertAll(indices, i => told ? images.Label(i) : (long)none) : null;
        return new TrainingBatch { Step = 0, Epoch = 0, Progress = 0, Indices = indices, Clean = clean, Labels = labels };
    }

    private TrainingBatch Noised(TrainingBatch batch, int t, ulong seed)
    {
        var (noise, noisy, pixels) = (new float[batch.Clean.Length], new float[batch.Clean.Length], batch.Clean.Length / batch.Count);
        Parallel.For(0, batch.Count, i =>
        {
            var image = noise.AsSpan(i * pixels, pixels);
            SeededNoise.Normal(seed, (uint)batch.Indices[i], (uint)t, NoisePurpose.BoundNoise, image);
            BatchSource.Diffuse(model.Schedule, t, batch.Clean.AsSpan(i * pixels, pixels), image, noisy.AsSpan(i * pixels, pixels));
        });
        return batch with { Times = [.. Enumerable.Repeat(t, batch.Count)], Noise = noise, Noisy = noisy };
    }

    /// <summary>The terms of a step, one an image, for each kind of variance. Everything after the network is in float64.</summary>
    private (string Kind, double[] Terms)[] Terms(VariationalBound bound, TrainingBatch batch, int step, bool clips)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var noisy = inputs.Images(batch.Noisy);
        var output = inputs.Evaluate(network, batch, noisy);
        var (p, q) = model.Prediction.ToClean(model.Schedule, batch.Times[0]);
        using Scalar noisyWeight = p.ToScalar(), outputWeight = q.ToScalar();
        var estimate = Double(noisy).mul(noisyWeight).add(Double(output.narrow(1, 0, Config.Channels)).mul(outputWeight), Scalars.One);
        if (clips) estimate = estimate.clamp(Low, High);
        var clean = Double(inputs.Images(batch.Clean));
        var steps = Enumerable.Repeat(step, batch.Count).ToArray();
        return [.. Kinds.Select(kind => (kind, ToArray(bound.Terms(clean, estimate, Log(bound, kind, output, clean, steps), steps))))];
    }

    private Tensor Log(VariationalBound bound, string kind, Tensor output, Tensor like, int[] steps) => kind switch
    {
        Small => bound.SmallLog(like, steps),
        Large => bound.LargeLog(like, steps),
        _ => bound.LearnedLog(Double(output.narrow(1, Config.Channels, Config.Channels)), steps),
    };

    private static Tensor Double(Tensor values) => values.to_type(ScalarType.Float64);

    private static double[] ToArray(Tensor values)
    {
        using var data = values.cpu().data<double>();
        return data.ToArray();
    }
}
