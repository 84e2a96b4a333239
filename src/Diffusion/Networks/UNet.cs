using Diffusion.Kernels;
using Diffusion.Schedules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Networks;

/// <summary>
/// The U-Net of ADM (Dhariwal and Nichol 2021, "Diffusion models beat GANs on image synthesis"): residual blocks with
/// adaptive group norm, resampling inside blocks, self-attention at several resolutions, a class embedding with a null
/// token, and optionally an earlier x_0 estimate (DDDM), concatenated to the image or attended to.
/// </summary>
/// <remarks>
/// Parameter names follow the layout of the public ADM checkpoints. A new network returns exactly 0, because the last
/// convolution starts at zero. Build it outside any dispose scope, and the optimizer after moving it to a device.
/// </remarks>
public sealed class UNet : nn.Module
{
    private readonly TimeEmbedding timeEmbedding;
    private readonly InputScaling? inputScaling;
    private readonly OutputMixing? outputMixing;
    private readonly Embedding? labelEmbedding;
    private readonly ModuleList<Stage> inputBlocks, outputBlocks;
    private readonly Stage middleBlock;
    private readonly GroupNorm outNorm;
    private readonly Conv2d outConv;
    private readonly Conv2d? memoryIn;

    /// <summary>Builds a network on the CPU with weights drawn from a seed.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="seed">The same seed gives the same weights everywhere.</param>
    /// <param name="schedule">What x_t comes from; where variance explodes, the network scales its input by <see cref="NoiseSchedule.InputScale"/>; and <see cref="UNetConfig.BothOutputs"/> are mixed by it. Null: nothing is scaled.</param>
    /// <exception cref="ArgumentException">A field of <paramref name="config"/> that cannot be; the message names it.</exception>
    public UNet(UNetConfig config, ulong seed = 0, NoiseSchedule? schedule = null) : base(nameof(UNet))
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        inputScaling = schedule is null ? null : InputScaling.Of(schedule, config.DataDeviation);
        outputMixing = schedule is not null && config.BothOutputs ? new OutputMixing(schedule) : null;
        var width = config.ModelChannels;
        timeEmbedding = new TimeEmbedding(width);
        register_module("time_embed", timeEmbedding.Layers());
        if (config.Classes is { } classes)
        {
            labelEmbedding = nn.Embedding(classes + 1, 4 * width);
            register_module("label_emb", labelEmbedding);
        }

        if (config.MemoryAttention)
        {
            memoryIn = nn.Conv2d(config.Channels, config.MemoryWidth, 1);
            register_module("memory_in", memoryIn);
        }

        var plan = new UNetPlan(config);
        inputBlocks = nn.ModuleList(plan.Inputs());
        middleBlock = plan.Middle();
        outputBlocks = nn.ModuleList(plan.Outputs());
        (outNorm, outConv) = (Layers.Norm(plan.Channels), Layers.Conv3x3(plan.Channels, config.Channels * (config.LearnedVariance || config.BothOutputs ? 2 : 1)));
        register_module("input_blocks", inputBlocks);
        register_module("middle_block", middleBlock);
        register_module("output_blocks", outputBlocks);
        register_module("out", nn.Sequential(("0", outNorm), ("2", outConv)));
        InitialWeights.Draw(this, seed, StartsAtZero);
    }

    /// <summary>The shape it was built with.</summary>
    public UNetConfig Config { get; }

    /// <summary>
    /// How a pass with gradients in training mode keeps only the ends of stages; its <see cref="Recomputation.Backward"/> must follow
    /// every <c>backward</c>. Null: all is kept, as usual.
    /// </summary>
    internal Recomputation? Recomputation { get; set; }

    /// <summary>Evaluates the network, in the number type of its weights; what comes in and goes out is float32.</summary>
    /// <param name="x">Noisy images, [B, C, H, W], float32.</param>
    /// <param name="timeIndex">0-based time index of each, [B], any number type.</param>
    /// <param name="labels">Class of each, [B], int64; <see cref="UNetConfig.NullLabel"/> for none. Null: none for all.</param>
    /// <param name="memory">Earlier x_0 estimates, [B, C, H, W]; needed exactly if <see cref="UNetConfig.Memory"/>.</param>
    /// <returns>[B, C or 2C, H, W]; belongs to the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">An input that does not fit the configuration.</exception>
    /// <exception cref="InvalidOperationException">Both outputs are to be mixed, and it was built without a schedule.</exception>
    public Tensor forward(Tensor x, Tensor timeIndex, Tensor? labels = null, Tensor? memory = null)
    {
        Check(x, timeIndex, labels, memory);
        using var scope = NewDisposeScope();
        var activated = F.silu(Embed(timeIndex, labels));
        var seen = inputScaling?.Apply(x, timeIndex) ?? x;
        var attended = memory is null ? null : memoryIn?.forward(Own(memory)).flatten(2).transpose(1, 2);
        var h = Own(memory is null || attended is not null ? seen : cat([seen, memory], 1));
        if (ChannelsLast.Pays(h)) h = ChannelsLast.Of(h);
        var parts = training && is_grad_enabled() ? Recomputation : null;
        if (parts is not null) (h, activated, attended) = (parts.Enter(h), parts.Enter(activated), attended is null ? null : parts.Enter(attended));
        var skips = new Stack<Tensor>(inputBlocks.Count);
        foreach (var block in inputBlocks) skips.Push(h = Next(block, h));
        h = Next(middleBlock, h);
        foreach (var block in outputBlocks) h = Next(block, h, skips.Pop());
        var output = outConv.forward(NormActivation.Of(outNorm, h)).contiguous().to(x.dtype);
        return (outputMixing?.Apply(output, timeIndex) ?? output).MoveToOuterDisposeScope();

        Tensor Next(Stage stage, Tensor from, Tensor? skip = null)
        {
            Tensor?[] inputs = [from, activated, attended, skip];
            return parts is null ? Evaluate(inputs) : parts.Evaluate(inputs, Evaluate);

            Tensor Evaluate(Tensor?[] given)
            {
                if (given is not [var noisy, var embedding, var tokens, { } before]) return stage.forward(given[0]!, given[1]!, given[2]);
                using var joined = cat([noisy!, before], 1);
                return stage.forward(joined, embedding!, tokens);
            }
        }
    }

    private Tensor Embed(Tensor timeIndex, Tensor? labels)
    {
        var time = timeEmbedding.Of(timeIndex);
        if (labelEmbedding is null) return time;
        var label = labels is null ? labelEmbedding.weight!.narrow(0, Config.Classes!.Value, 1) : labelEmbedding.forward(labels);
        return time.add_(label, Scalars.One);
    }

    private Tensor Own(Tensor values) => values.to(outConv.weight.dtype);

    private void Check(Tensor x, Tensor timeIndex, Tensor? labels, Tensor? memory)
    {
        var shape = x.shape;
        if (shape.Length != 4 || shape[1] != Config.Channels || shape[2] != Config.ImageSize || shape[3] != Config.ImageSize)
            throw new ArgumentException($"x must be [B, {Config.Channels}, {Config.ImageSize}, {Config.ImageSize}], got [{string.Join(", ", shape)}].", nameof(x));
        if (timeIndex.ndim != 1 || timeIndex.size(0) != shape[0])
            throw new ArgumentException($"timeIndex must be [{shape[0]}], got [{string.Join(", ", timeIndex.shape)}].", nameof(timeIndex));
        if (labels is not null && labelEmbedding is null)
            throw new ArgumentException("This network knows no classes.", nameof(labels));
        if (labels is not null && (labels.ndim != 1 || labels.size(0) != shape[0] || labels.dtype != ScalarType.Int64))
            throw new ArgumentException($"labels must be int64 [{shape[0]}], got {labels.dtype} [{string.Join(", ", labels.shape)}].", nameof(labels));
        if (Config.BothOutputs && outputMixing is null) throw new InvalidOperationException("Both outputs are mixed by a schedule; build the network with one.");
        if (Config.Memory != memory is not null)
            throw new ArgumentException(Config.Memory ? "This network needs a memory." : "This network takes no memory.", nameof(memory));
        if (memory is not null && !memory.shape.AsSpan().SequenceEqual(shape))
            throw new ArgumentException($"memory must have the shape of x, got [{string.Join(", ", memory.shape)}].", nameof(memory));
    }

    private static bool StartsAtZero(string module) =>
        module == "out.2" || module.EndsWith(".out_layers.3", StringComparison.Ordinal) || module.EndsWith(".proj_out", StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            timeEmbedding.Dispose();
            inputScaling?.Dispose();
            outputMixing?.Dispose();
            Recomputation?.Dispose();
        }
        base.Dispose(disposing);
    }

    // the checkpoint's names are registered by hand: fields are not scanned
    /// <inheritdoc/>
    protected override void RegisterComponents() { }
}
