using Diffusion.Guidance;
using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using Diffusion.Training.Data;
using Diffusion.Training.Objectives;
using static TorchSharp.torch;

namespace Diffusion.Training.Evaluation;

/// <summary>What is measured: a sampler with its steps, options and guidance, on a number of samples.</summary>
internal sealed record EvaluationRequest(
    string Sampler, int Steps, IReadOnlyDictionary<string, string> Options, double Guidance, int Samples, ulong Seed)
{
    /// <summary>phi of guidance rescale; 0 is none.</summary>
    public double Rescale { get; init; }

    /// <summary>eta of the projection of guidance; 1 keeps all.</summary>
    public double Parallel { get; init; } = GuidanceProjection.Whole;

    /// <summary>The share of dynamic thresholding, or null.</summary>
    public double? Threshold { get; init; }

    /// <summary>Scale of the guiding classifier.</summary>
    public double ClassifierScale { get; init; }

    /// <summary>How <c>nll</c> computes the mass of a level.</summary>
    public NormalCdf BoundCdf { get; init; }

    /// <summary>Whether the pictures are no longer those of the distribution that was learned.</summary>
    public bool IsGuided => Guidance != ClassifierFreeGuidance.NoGuidance || ClassifierScale != ClassifierGuidance.NoGuidance;
}

/// <summary>One measured row.</summary>
internal sealed record EvaluationRow
{
    public required string Model { get; init; }
    public required int Version { get; init; }
    public required string Sampler { get; init; }
    public required int Steps { get; init; }
    public required IReadOnlyDictionary<string, string> Options { get; init; }
    public required double Guidance { get; init; }
    public required int Samples { get; init; }

    /// <summary>phi of guidance rescale; 0 is none.</summary>
    public double GuidanceRescale { get; init; }

    /// <summary>eta of the projection of guidance; 1 keeps all.</summary>
    public double GuidanceParallel { get; init; } = GuidanceProjection.Whole;

    /// <summary>The share of dynamic thresholding, or null.</summary>
    public double? DynamicThreshold { get; init; }

    /// <summary>How <c>nll</c> computed the mass of a level; null without it.</summary>
    public NormalCdf? NllCdf { get; init; }

    /// <summary>What guides by classes, NAME@VERSION, or null.</summary>
    public string? GuidingClassifier { get; init; }

    /// <summary>Scale of the guiding classifier, or null where there is none.</summary>
    public double? ClassifierScale { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>Share of the samples that the classifier takes for the label asked for; null without labels.</summary>
    public double? LabelAccuracy => Find(MetricNames.LabelAccuracy);

    /// <summary>On the classifier's features, against all test images.</summary>
    public double? FrechetDistance => Find("frechet");

    /// <summary>The same distance of as many training images, with the labels in turn as the samples have them.</summary>
    public double? RealFloor => Find("frechet.floor");

    /// <summary>All that was measured, by name.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>DDDM: variance over samples of one label after one evaluation, mean over labels and pixels.</summary>
    public double? OneStepVariance { get; init; }

    /// <summary>DDDM: correlation of the one-evaluation estimate with the noise it was shown as memory; 0 is no copying.</summary>
    public double? CopyScore { get; init; }

    public required double Seconds { get; init; }

    private double? Find(string name) => Metrics.TryGetValue(name, out var value) ? value : null;
}

/// <summary>Samples a denoiser by itself, without the engine, and measures what it draws, and the bound on the likelihood of real images.</summary>
internal sealed class Evaluator(Denoiser denoiser, SampleMeasure measure, ImageSet reference, TimeProvider time)
{
    /// <summary>The classifier that guides, or null.</summary>
    public GuidingClassifier? Guiding { get; init; }

    private const int Batch = 100, VarianceSamples = 100;

    private UNetConfig Network => denoiser.Manifest.Network;

    private int Pixels => Network.Channels * Network.ImageSize * Network.ImageSize;

    /// <summary>Draws labels in turn, samples in batches, judges them.</summary>
    /// <exception cref="SamplingOptionException">The sampler refuses the steps or an option.</exception>
    /// <exception cref="EvaluationException">A metric cannot be measured.</exception>
    public EvaluationRow Measure(EvaluationRequest request, IReadOnlyCollection<string> metrics, CancellationToken stop)
    {
        var started = time.GetTimestamp();
        var table = Table(request.Sampler, request.Steps, request.Options);
        if (request.Threshold is { } share) table = table with { Rows = [.. table.Rows.Select(r => r with { Threshold = share, ClipsClean = false })] };
        var (figures, seconds, draws) = (new SortedDictionary<string, double>(StringComparer.Ordinal), 0.0, metrics.Any(MetricNames.OfSamples.Contains));
        if (metrics.Contains(MetricNames.Nll))
            figures = new BitsPerDim(denoiser.Network, denoiser.Manifest.Traits, denoiser.Device).Measure(new BoundRequest(table, request.Samples, request.Seed, request.BoundCdf), reference, stop);
        if (metrics.Contains(MetricNames.FlowNll))
            foreach (var (name, value) in FlowLikelihood.Of(denoiser).Measure(reference, request.Samples, request.Seed, stop)) figures[name] = value;
        if (draws)
        {
            var labels = Labels(request.Samples);
            started = time.GetTimestamp();
            var images = Sample(table, labels, request, stop);
            seconds = time.GetElapsedTime(started).TotalSeconds;
            foreach (var (name, value) in measure.Measure(ImageSource.Of(images, Network.Channels, Network.ImageSize), labels, metrics, Network.Classes, stop)) figures[name] = value;
        }
        else seconds = time.GetElapsedTime(started).TotalSeconds;
        var (variance, copy) = Network.Memory && draws ? OneStep(request.Seed, stop) : ((double?)null, (double?)null);
        return new EvaluationRow
        {
            Model = denoiser.Manifest.Model,
            Version = denoiser.Manifest.Version,
            Sampler = request.Sampler,
            Steps = request.Steps,
            Options = request.Options,
            Guidance = request.Guidance,
            Samples = request.Samples,
            GuidanceRescale = request.Rescale,
            GuidanceParallel = request.Parallel,
            DynamicThreshold = request.Threshold,
            NllCdf = metrics.Contains(MetricNames.Nll) ? request.BoundCdf : null,
            GuidingClassifier = Guiding is { Manifest: var by } ? FormattableString.Invariant($"{by.Model}@{by.Version}") : null,
            ClassifierScale = Guiding is null ? null : request.ClassifierScale,
            Seed = request.Seed,
            Metrics = figures,
            OneStepVariance = variance,
            CopyScore = copy,
            Seconds = seconds,
        };
    }

    private SamplerTable Table(string name, int steps, IReadOnlyDictionary<string, string> options)
    {
        var sampler = SamplerCatalog.Find(name)
            ?? throw new SamplingOptionException("sampler", $"Unknown sampler '{name}'; known: {string.Join(", ", SamplerCatalog.All.Select(s => s.Name))}.");
        var traits = denoiser.Manifest.Traits;
        if (sampler.Refuses(traits) is { } refusal) throw new SamplingOptionException("sampler", refusal);
        return sampler.Compile(traits, new SamplingOptions(sampler, steps, options));
    }

    private long[]? Labels(int count) =>
        Network.Classes is { } classes ? [.. Enumerable.Range(0, count).Select(i => (long)(i % classes))] : null;

    private float[] Sample(SamplerTable table, long[]? labels, EvaluationRequest request, CancellationToken stop)
    {
        var images = new float[(long)request.Samples * Pixels];
        for (var first = 0; first < request.Samples; first += Batch)
        {
            stop.ThrowIfCancellationRequested();
            var count = Math.Min(Batch, request.Samples - first);
            var turn = labels?[first..(first + count)];
            var runner = new RowSampler(denoiser.Network, denoiser.Device) { Rescale = request.Rescale, Parallel = request.Parallel, Guide = Guiding is null || turn is null ? null : new SampleGuide(Guiding, request.ClassifierScale, turn) };
            runner.Run(table, turn, count, request.Guidance, request.Seed, first).CopyTo(images, first * Pixels);
        }
        return images;
    }

    /// <summary>One evaluation at t = T from a noise memory: does it answer the noise, and how various is it?</summary>
    private (double Variance, double Copy) OneStep(ulong seed, CancellationToken stop)
    {
        var table = Table("dddm", 1, new Dictionary<string, string> { ["walk"] = "fixed" });
        var groups = Network.Classes ?? 1;
        double variance = 0, copy = 0;
        for (var group = 0; group < groups; group++)
        {
            var first = group * VarianceSamples;
            var labels = Network.Classes is null ? null : Enumerable.Repeat((long)group, VarianceSamples).ToArray();
            stop.ThrowIfCancellationRequested();
            var estimates = new RowSampler(denoiser.Network, denoiser.Device).Run(table, labels, VarianceSamples, 1, seed, first);
            variance += Statistics.VarianceAcross(estimates, Pixels) / groups;
            copy += Statistics.Correlation(estimates, Memory(seed, first)) / groups;
        }
        return (variance, copy);
    }

    private float[] Memory(ulong seed, int first)
    {
        var memory = new float[VarianceSamples * Pixels];
        for (var i = 0; i < VarianceSamples; i++)
            Noise.SeededNoise.Normal(seed, (uint)(first + i), 0, Noise.NoisePurpose.Memory, memory.AsSpan(i * Pixels, Pixels));
        return memory;
    }
}
