using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using Diffusion.Training.Data;
using static TorchSharp.torch;

namespace Diffusion.Training.Evaluation;

/// <summary>
/// -log2 p(x) a number of real images, by the probability flow from the image up to pure noise and the change of density on the way (Song et
/// al. 2021, eq. 39): what the deterministic sampler itself makes of each image, no bound.
/// </summary>
/// <remarks>
/// Levels are made a density by u uniform in 0..1 within each of the 256 that <see cref="Range"/> has, for which it adds 7 bits, as it is 2 wide. The density is
/// that of y = x / alpha at t = 1.
/// </remarks>
internal sealed class FlowLikelihood(FlowNetwork network, UNetConfig config, DenoiserTraits model, Device device)
{
    private const int Batch = 25, MostEvaluations = 5000;
    private const double Tolerance = 1e-5;

    private readonly ProbabilityFlow flow = new(network, config, model, device);

    /// <summary>Where the model has its images.</summary>
    public ValueRange Range { get; init; } = ValueRange.OfImages;

    /// <summary>That of a published model.</summary>
    public static FlowLikelihood Of(Denoiser denoiser) =>
        new((x, time, labels) => denoiser.Network.forward(x, time, labels), denoiser.Manifest.Network, denoiser.Manifest.Traits, denoiser.Device);

    /// <summary>Why this metric cannot be had of a network, or null.</summary>
    public static string? Missing(UNetConfig network) => network.Memory ? "needs a model without a memory: with one there is no single flow" : null;

    /// <summary><c>nll.ode</c> in bits, its standard error over the images, and the mean number of evaluations.</summary>
    /// <param name="images">Where they come from.</param>
    /// <param name="most">How many, evenly chosen; fewer where there are not so many.</param>
    /// <param name="seed">Key of what is drawn.</param>
    /// <param name="stop">Stops between two steps.</param>
    /// <exception cref="EvaluationException">The flow cannot be followed.</exception>
    public SortedDictionary<string, double> Measure(ImageSet images, int most, ulong seed, CancellationToken stop)
    {
        var count = Math.Min(most, images.Count);
        var (bits, evaluations) = (new List<double>(), new List<double>());
        for (var first = 0; first < count; first += Batch)
        {
            int[] indices = [.. Enumerable.Range(first, Math.Min(Batch, count - first)).Select(i => (int)((long)i * images.Count / count))];
            var told = BitsPerDim.TellsLabels(config, images.Manifest);
            long[]? labels = config.NullLabel is { } none ? Array.ConvertAll(indices, i => told ? images.Label(i) : (long)none) : null;
            var (logs, taken) = Logs(Array.ConvertAll(indices, i => Density(images, i, seed)), indices, labels, seed, stop);
            bits.AddRange(logs.Select(log => Range.BitsPerDim(log, images.Pixels)));
            evaluations.AddRange(taken.Select(n => (double)n));
        }
        var mean = bits.Average();
        return new(StringComparer.Ordinal)
        {
            [MetricNames.FlowNll] = mean,
            [$"{MetricNames.FlowNll}.error"] = bits.Count < 2 ? 0 : Math.Sqrt(bits.Sum(b => (b - mean) * (b - mean)) / (bits.Count - 1) / bits.Count),
            [$"{MetricNames.FlowNll}.evaluations"] = evaluations.Average(),
        };
    }

    /// <summary>Natural logarithms of the densities of images, and how many evaluations each took.</summary>
    /// <param name="images">The images, numbers about -1..1.</param>
    /// <param name="indices">Number of each in the noise of the seed.</param>
    /// <param name="labels">Class of each, or null.</param>
    /// <param name="seed">Key of the signs.</param>
    /// <param name="stop">Stops between two steps.</param>
    public (double[] Logs, int[] Evaluations) Logs(double[][] images, int[] indices, long[]? labels, ulong seed, CancellationToken stop)
    {
        var schedule = model.Schedule;
        var signs = Array.ConvertAll(indices, i => flow.Signs(seed, i));
        double[][] starts = Array.ConvertAll(images, image => (double[])[.. image.Select(v => v * schedule.Alpha(1)), 0]);
        var (ends, evaluations) = DormandPrince.Solve(
            (rows, at, states) => flow.Derivatives(
                at, states, labels is null ? null : Array.ConvertAll(rows, r => labels[r]), signs[0] is null ? null : Array.ConvertAll(rows, r => signs[r]!)),
            starts, flow.First, flow.Last, Tolerance, MostEvaluations, stop);
        var scale = schedule.StartScale(schedule.Steps);
        return (Array.ConvertAll(ends, end => end[^1] + Normal(end.AsSpan(0, end.Length - 1), scale) + (end.Length - 1) * Math.Log(schedule.Alpha(1))), evaluations);
    }

    private static double Normal(ReadOnlySpan<double> x, double scale)
    {
        var log = -x.Length * (Math.Log(scale) + 0.5 * Math.Log(2 * Math.PI));
        foreach (var value in x) log -= value * value / (2 * scale * scale);
        return log;
    }

    private double[] Density(ImageSet images, int index, ulong seed)
    {
        var (clean, uniform) = (new float[images.Pixels], new double[images.Pixels]);
        images.Read(index, clean);
        SeededNoise.Uniform(seed, (uint)index, 0, NoisePurpose.Dequantisation, uniform);
        return [.. clean.Zip(uniform, (value, u) => Range.Place(Math.Round((value + 1) * 127.5), u))];
    }
}
