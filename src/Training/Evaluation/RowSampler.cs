using Diffusion.Guidance;
using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Evaluation;

/// <summary>Runs a sampler's table for many images that all take the same rows: for sample pictures and measurements.</summary>
/// <param name="network">The network, in any mode; it is run as in use.</param>
/// <param name="device">Where it lives.</param>
internal sealed class RowSampler(UNet network, Device device)
{
    private static readonly Scalar Low = -1.0, High = 1.0;

    private UNetConfig Config => network.Config;

    private int Pixels => Config.Channels * Config.ImageSize * Config.ImageSize;

    /// <summary>What guides by classes besides, or null.</summary>
    public SampleGuide? Guide { get; init; }

    /// <summary>phi of guidance rescale; 0 is none.</summary>
    public double Rescale { get; init; }

    /// <summary>eta of the projection of guidance; 1 keeps all.</summary>
    public double Parallel { get; init; } = GuidanceProjection.Whole;

    /// <summary>Images in [-1, 1], B x C x H x W, one per label.</summary>
    /// <param name="table">The rows.</param>
    /// <param name="labels">Class of each image; null for an unconditional network.</param>
    /// <param name="count">How many.</param>
    /// <param name="guidance">Classifier-free guidance: out = none + scale (class - none); 1 is off.</param>
    /// <param name="seed">Key of all noise.</param>
    /// <param name="firstSample">Sample number of the first image.</param>
    public float[] Run(SamplerTable table, long[]? labels, int count, double guidance, ulong seed, int firstSample = 0)
    {
        var training = network.training;
        network.eval();
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var x = Normal(count, seed, firstSample, 0, NoisePurpose.Start, table.StartScale);
        var history = Config.Memory ? Normal(count, seed, firstSample, 0, NoisePurpose.Memory, 1) : zeros_like(x);
        for (var k = 0; k < table.Rows.Length; k++)
        {
            using var step = NewDisposeScope();
            var row = table.Rows[k];
            var noise = row.D > 0 ? Normal(count, seed, firstSample, k, NoisePurpose.Step, 1) : null;
            var (next, clean) = Advance(row, x, history, noise, labels, guidance);
            x.Dispose();
            history.Dispose();
            (x, history) = (next.MoveToOuterDisposeScope(), clean.MoveToOuterDisposeScope());
        }
        network.train(training);
        using var data = x.cpu().data<float>();
        return data.ToArray();
    }

    private (Tensor Next, Tensor Clean) Advance(SamplerRow row, Tensor x, Tensor history, Tensor? noise, long[]? labels, double guidance)
    {
        using Scalar p = row.P.ToScalar(), q = row.Q.ToScalar(), a = row.A.ToScalar(), b = row.B.ToScalar(), c = row.C.ToScalar(), d = row.D.ToScalar(), e = row.E.ToScalar(), f = row.F.ToScalar();
        var (output, v) = Evaluate(row, x, history, labels, guidance);
        var clean = x.mul(p).add(output, q);
        var pull = Guide is { Scale: not ClassifierGuidance.NoGuidance } guide && row.TakesGradient ? guide.Pull(x, row.TimeIndex) : null;
        if (pull is not null && row.G != 0) clean = clean.add(pull, row.G.ToScalar());
        if (row.Threshold is { } share) clean = DynamicThreshold.Apply(clean, [.. Enumerable.Repeat(share, (int)clean.shape[0])]);
        if (row.ClipsClean) clean = clean.clamp(Low, High);
        var next = x.mul(a).add(clean, b);
        if (row.C != 0) next = next.add(history, c);
        if (pull is not null && row.GuidesMean) next = next.add(row.E == 0 ? pull : pull.mul(v!.mul(e).exp().square()), (row.D * row.D).ToScalar());
        if (row.F != 0) next = LangevinStep.Move(x, next, noise!, full(x.shape[0], f, ScalarType.Float64, device));
        else if (noise is not null) next = next.add(row.E == 0 ? noise : noise.mul(v!.mul(e).exp()), d);
        return (next, clean);
    }

    /// <summary>The guided output, and v of a network that learns its variance, which is that of the evaluation with the label.</summary>
    private (Tensor Output, Tensor? V) Evaluate(SamplerRow row, Tensor x, Tensor history, long[]? labels, double guidance)
    {
        var memory = Config.Memory ? history : null;
        if (labels is null || guidance == ClassifierFreeGuidance.NoGuidance) return Halves(Forward(row.TimeIndex, x, memory, labels));
        var none = new long[labels.Length];
        Array.Fill(none, Config.NullLabel!.Value);
        var both = Forward(row.TimeIndex, cat([x, x]), memory is null ? null : cat([memory, memory]), [.. labels, .. none]);
        var (given, v) = Halves(both.narrow(0, 0, labels.Length));
        var (without, _) = Halves(both.narrow(0, labels.Length, labels.Length));
        var guided = ClassifierFreeGuidance.Combine(given, without, tensor(new[] { (float)guidance }, [1, 1, 1, 1]).to(device));
        if (Parallel != GuidanceProjection.Whole)
        {
            using Scalar p = row.P.ToScalar(), q = row.Q.ToScalar();
            var taken = tensor(new[] { (float)((guidance - ClassifierFreeGuidance.NoGuidance) * (1 - Parallel)) }, [1, 1, 1, 1]).to(device);
            guided = GuidanceProjection.Apply(guided, given, without, x.mul(p).add(given, q), taken);
        }
        return (Rescale > 0 ? GuidanceRescale.Apply(guided, given, tensor(new[] { (float)Rescale }, [1, 1, 1, 1]).to(device)) : guided, v);
    }

    private (Tensor Image, Tensor? V) Halves(Tensor output) => Config.LearnedVariance
        ? (output.narrow(1, 0, Config.Channels), output.narrow(1, Config.Channels, Config.Channels))
        : (output, null);

    private Tensor Forward(int timeIndex, Tensor x, Tensor? memory, long[]? labels)
    {
        var times = new long[x.shape[0]];
        Array.Fill(times, timeIndex);
        return network.forward(x, tensor(times).to(device), labels is null ? null : tensor(labels).to(device), memory);
    }

    private Tensor Normal(int count, ulong seed, int firstSample, int step, NoisePurpose purpose, double scale)
    {
        var numbers = new float[count * Pixels];
        for (var i = 0; i < count; i++)
            SeededNoise.Normal(seed, (uint)(firstSample + i), (uint)step, purpose, numbers.AsSpan(i * Pixels, Pixels));
        if (scale != 1) for (var i = 0; i < numbers.Length; i++) numbers[i] = (float)(numbers[i] * scale);
        return tensor(numbers, [count, Config.Channels, Config.ImageSize, Config.ImageSize]).to(device);
    }
}
