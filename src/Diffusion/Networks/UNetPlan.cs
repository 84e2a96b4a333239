using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>Lays out the stages of a U-Net. Call <see cref="Inputs"/>, <see cref="Middle"/>, <see cref="Outputs"/> in this order; a classifier has no way up.</summary>
internal sealed class UNetPlan(UNetConfig config)
{
    private readonly Stack<long> skips = new();
    private readonly int last = config.ChannelMultipliers.Count - 1;

    /// <summary>Channels where the plan stands.</summary>
    public long Channels { get; private set; }

    public Stage[] Inputs()
    {
        var stages = new List<Stage>();
        Channels = Width(0);
        Add(new Stage(Layers.Conv3x3(config.InputChannels, Channels)));
        for (var level = 0; level <= last; level++)
        {
            for (var i = 0; i < config.ResidualBlocks; i++) Add(new Stage([.. Block(Channels, level)]));
            if (level < last) Add(new Stage(config.ResampleInBlocks ? Residual(Channels, Channels, Resampling.Down) : new Downsample(Channels)));
        }
        return [.. stages];

        void Add(Stage stage)
        {
            stages.Add(stage);
            skips.Push(Channels);
        }
    }

    public Stage Middle() => new([Residual(Channels, Channels), .. Attention(), Residual(Channels, Channels)]);

    public Stage[] Outputs()
    {
        var stages = new List<Stage>();
        for (var level = last; level >= 0; level--)
        {
            for (var i = 0; i <= config.ResidualBlocks; i++)
            {
                var layers = Block(Channels + skips.Pop(), level);
                if (level > 0 && i == config.ResidualBlocks)
                    layers.Add(config.ResampleInBlocks ? Residual(Channels, Channels, Resampling.Up) : new Upsample(Channels));
                stages.Add(new Stage([.. layers]));
            }
        }
        return [.. stages];
    }

    private List<nn.Module> Block(long from, int level)
    {
        Channels = Width(level);
        List<nn.Module> layers = [Residual(from, Channels)];
        if (config.AttentionResolutions.Contains(config.ImageSize >> level)) layers.AddRange(Attention());
        return layers;
    }

    private IEnumerable<nn.Module> Attention()
    {
        yield return new AttentionBlock(Channels, config.HeadChannels, config.NewAttentionOrder);
        if (config.MemoryAttention) yield return new MemoryAttention(Channels, config.HeadChannels, config.MemoryWidth);
    }

    private ResidualBlock Residual(long from, long to, Resampling resampling = Resampling.None) =>
        new(from, to, 4L * config.ModelChannels, config, resampling);

    private long Width(int level) => (long)config.ModelChannels * config.ChannelMultipliers[level];
}
