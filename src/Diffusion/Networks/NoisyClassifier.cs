using Diffusion.Kernels;
using Diffusion.Schedules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Networks;

/// <summary>
/// log p(y | x_t) up to a constant: the classifier that guides a sampler (Dhariwal and Nichol 2021, section 4). The way down of the ADM
/// U-Net with its middle block, shown the time, and attention pooling at the end.
/// </summary>
/// <remarks>
/// Parameter names follow the layout of the public ADM classifiers. It is no judge of finished pictures: those are seen at all noise
/// levels alike by <see cref="ImageClassifier"/>. Build it outside any dispose scope, and the optimizer after moving it to a device.
/// </remarks>
public sealed class NoisyClassifier : nn.Module
{
    private readonly TimeEmbedding timeEmbedding;
    private readonly InputScaling? inputScaling;
    private readonly ModuleList<Stage> inputBlocks;
    private readonly Stage middleBlock;
    private readonly GroupNorm outNorm;
    private readonly AttentionPool pool;

    /// <summary>Builds a classifier on the CPU with weights drawn from a seed.</summary>
    /// <param name="config">Its shape; <see cref="UNetConfig.Classes"/> is how many classes it tells apart.</param>
    /// <param name="seed">The same seed gives the same weights everywhere.</param>
    /// <param name="schedule">What x_t comes from; see <see cref="UNet"/>.</param>
    /// <exception cref="ArgumentException">A field of <paramref name="config"/> that cannot be; the message names it.</exception>
    public NoisyClassifier(UNetConfig config, ulong seed = 0, NoiseSchedule? schedule = null) : base(nameof(NoisyClassifier))
    {
        ArgumentNullException.ThrowIfNull(config);
        Validate(config);
        Config = config;
        inputScaling = schedule is null ? null : InputScaling.Of(schedule);
        var width = config.ModelChannels;
        timeEmbedding = new TimeEmbedding(width);
        var plan = new UNetPlan(config);
        inputBlocks = nn.ModuleList(plan.Inputs());
        middleBlock = plan.Middle();
        outNorm = Layers.Norm(plan.Channels);
        pool = new AttentionPool(config.ImageSize >> (config.ChannelMultipliers.Count - 1), plan.Channels, config.HeadChannels, config.Classes!.Value);
        register_module("time_embed", timeEmbedding.Layers());
        register_module("input_blocks", inputBlocks);
        register_module("middle_block", middleBlock);
        register_module("out", nn.Sequential(("0", outNorm), ("2", pool)));
        InitialWeights.Draw(this, seed, name => name.EndsWith(".out_layers.3", StringComparison.Ordinal) || name.EndsWith(".proj_out", StringComparison.Ordinal));
    }

    /// <summary>The shape it was built with.</summary>
    public UNetConfig Config { get; }

    /// <summary>Checks that a configuration is that of a classifier.</summary>
    /// <exception cref="ArgumentException">The first field that is not; <c>ParamName</c> and the message name it.</exception>
    public static void Validate(UNetConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Require(config.Classes is >= 2, nameof(UNetConfig.Classes), "must be at least 2 for a classifier");
        Require(!config.Memory, nameof(UNetConfig.Memory), "must be false for a classifier");
        Require(!config.LearnedVariance, nameof(UNetConfig.LearnedVariance), "must be false for a classifier");
        Require(!config.BothOutputs, nameof(UNetConfig.BothOutputs), "must be false for a classifier");
    }

    /// <summary>Judges noisy images.</summary>
    /// <param name="x">x_t, [B, C, H, W], float32.</param>
    /// <param name="timeIndex">0-based time index of each, [B], any number type.</param>
    /// <returns>Logits, [B, classes].</returns>
    public Tensor forward(Tensor x, Tensor timeIndex)
    {
        var shape = x.shape;
        if (shape.Length != 4 || shape[1] != Config.Channels || shape[2] != Config.ImageSize || shape[3] != Config.ImageSize)
            throw new ArgumentException($"x must be [B, {Config.Channels}, {Config.ImageSize}, {Config.ImageSize}], got [{string.Join(", ", shape)}].", nameof(x));
        if (timeIndex.ndim != 1 || timeIndex.size(0) != shape[0])
            throw new ArgumentException($"timeIndex must be [{shape[0]}], got [{string.Join(", ", timeIndex.shape)}].", nameof(timeIndex));
        using var scope = NewDisposeScope();
        var activated = F.silu(timeEmbedding.Of(timeIndex));
        var h = inputScaling?.Apply(x, timeIndex) ?? x;
        if (ChannelsLast.Pays(h)) h = ChannelsLast.Of(h);
        foreach (var block in inputBlocks) h = block.forward(h, activated);
        h = middleBlock.forward(h, activated);
        return pool.forward(NormActivation.Of(outNorm, h).contiguous()).MoveToOuterDisposeScope();
    }

    private static void Require(bool holds, string field, string rule)
    {
        if (!holds) throw new ArgumentException($"{field} {rule}.", field);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            timeEmbedding.Dispose();
            inputScaling?.Dispose();
        }
        base.Dispose(disposing);
    }

    // the checkpoint's names are registered by hand: fields are not scanned
    /// <inheritdoc/>
    protected override void RegisterComponents() { }
}
