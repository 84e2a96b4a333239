namespace Diffusion.Networks;

/// <summary>The shape of an ADM U-Net (Dhariwal and Nichol 2021). Everything a checkpoint needs to build it again.</summary>
public sealed record UNetConfig
{
    /// <summary>Height and width in pixels; divisible by 2^(levels - 1).</summary>
    public required int ImageSize { get; init; }

    /// <summary>Image channels: 1 or 3.</summary>
    public required int Channels { get; init; }

    /// <summary>Width of the first level.</summary>
    public required int ModelChannels { get; init; }

    /// <summary>Width multiplier per level, finest first.</summary>
    public required IReadOnlyList<int> ChannelMultipliers { get; init; }

    /// <summary>Residual blocks per level on the way down; one more on the way up.</summary>
    public int ResidualBlocks { get; init; } = 2;

    /// <summary>Feature-map sizes that get self-attention, such as 16 and 8; the middle block always has it.</summary>
    public IReadOnlyList<int> AttentionResolutions { get; init; } = [];

    /// <summary>Channels per attention head.</summary>
    public int HeadChannels { get; init; } = 32;

    /// <summary>Whether heads are split after q, k and v (ADM's "new" order) instead of before (its "legacy" order, that of its checkpoints).</summary>
    public bool NewAttentionOrder { get; init; }

    /// <summary>Dropout before the second convolution of each block, 0..1.</summary>
    public double Dropout { get; init; }

    /// <summary>Classes, or null for an unconditional network. Label <c>Classes</c> is the null token.</summary>
    public int? Classes { get; init; }

    /// <summary>Whether the network takes an earlier x_0 estimate (DDDM); concatenated to the image, or see <see cref="MemoryAttention"/>.</summary>
    public bool Memory { get; init; }

    /// <summary>
    /// Whether the memory is attended to after each self-attention, as in the released network of DDDM, instead of concatenated. Its
    /// pixels become tokens of 4 <see cref="ModelChannels"/>, without a place: the network sees which values there are and not where.
    /// </summary>
    public bool MemoryAttention { get; init; }

    /// <summary>Channels that the first convolution takes.</summary>
    internal int InputChannels => Channels * (Memory && !MemoryAttention ? 2 : 1);

    /// <summary>Width of the memory's tokens.</summary>
    internal int MemoryWidth => 4 * ModelChannels;

    /// <summary>AdaGN: the embedding scales and shifts the second group norm; false adds it instead.</summary>
    public bool ScaleShift { get; init; } = true;

    /// <summary>BigGAN blocks: resample inside a residual block; false uses a plain convolution.</summary>
    public bool ResampleInBlocks { get; init; } = true;

    /// <summary>Output channels: <see cref="Channels"/>, or twice that for a learned variance.</summary>
    public bool LearnedVariance { get; init; }

    /// <summary>
    /// Whether the last convolution says an image and a noise, of which the network makes one output by the schedule: that of
    /// <see cref="Samplers.Prediction.Both"/>.
    /// </summary>
    public bool BothOutputs { get; init; }

    /// <summary>
    /// Standard deviation of an image that the network's view of x_t counts with, where variance explodes: 1 / sqrt(d^2 + sigma^2), c_in of Karras et al. 2022.
    /// </summary>
    public double DataDeviation { get; init; } = 1;

    /// <summary>The label that means "no label", or null for an unconditional network.</summary>
    public int? NullLabel => Classes;

    /// <summary>Checks that the fields fit together.</summary>
    /// <exception cref="ArgumentException">The first field that does not; <c>ParamName</c> and the message name it.</exception>
    public void Validate()
    {
        Require(Channels >= 1, nameof(Channels), "must be at least 1", Channels);
        Require(ModelChannels >= 2 && ModelChannels % 2 == 0, nameof(ModelChannels), "must be even and at least 2", ModelChannels);
        Require(ChannelMultipliers is { Count: > 0 }, nameof(ChannelMultipliers), "must name at least one level", "none");
        foreach (var multiplier in ChannelMultipliers)
            Require(multiplier >= 1, nameof(ChannelMultipliers), "must all be at least 1", multiplier);
        Require(ChannelMultipliers.Count <= 12, nameof(ChannelMultipliers), "must name at most 12 levels", ChannelMultipliers.Count);
        var coarsest = 1 << (ChannelMultipliers.Count - 1);
        Require(ImageSize >= coarsest && ImageSize % coarsest == 0, nameof(ImageSize), $"must be a positive multiple of {coarsest}", ImageSize);
        Require(ResidualBlocks >= 1, nameof(ResidualBlocks), "must be at least 1", ResidualBlocks);
        Require(Dropout is >= 0 and < 1, nameof(Dropout), "must be in [0, 1)", Dropout);
        Require(Classes is null or >= 1, nameof(Classes), "must be at least 1, or null", Classes ?? 0);
        Require(Memory || !MemoryAttention, nameof(MemoryAttention), "needs a network with a memory", MemoryAttention);
        Require(DataDeviation is > 0 and <= 1e3, nameof(DataDeviation), "must be above 0 and at most 1000", DataDeviation);
        Require(!BothOutputs || !LearnedVariance, nameof(BothOutputs), "cannot be combined with a learned variance", BothOutputs);
        ValidateAttention(coarsest);
    }

    private void ValidateAttention(int coarsest)
    {
        Require(HeadChannels >= 1, nameof(HeadChannels), "must be at least 1", HeadChannels);
        foreach (var size in AttentionResolutions)
            Require(
                size >= 1 && Enumerable.Range(0, ChannelMultipliers.Count).Any(level => ImageSize >> level == size),
                nameof(AttentionResolutions), $"must be feature-map sizes between {ImageSize / coarsest} and {ImageSize}, each half of the last", size);
        for (var level = 0; level < ChannelMultipliers.Count; level++)
        {
            var attends = level == ChannelMultipliers.Count - 1 || AttentionResolutions.Contains(ImageSize >> level);
            var width = ModelChannels * ChannelMultipliers[level];
            Require(!attends || width % HeadChannels == 0, nameof(HeadChannels), $"must divide the {width} channels that attend", HeadChannels);
        }
    }

    private static void Require(bool holds, string field, string rule, object value)
    {
        if (!holds) throw new ArgumentException(FormattableString.Invariant($"{field} {rule}, got {value}."), field);
    }
}
