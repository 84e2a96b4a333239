using Diffusion.Networks;
using static Diffusion.Tests.Networks.SmallNetworks;

namespace Diffusion.Tests.Networks;

public sealed class UNetConfigTests
{
    public static TheoryData<string, UNetConfig> Broken => new()
    {
        { nameof(UNetConfig.Channels), Config with { Channels = 0 } },
        { nameof(UNetConfig.ModelChannels), Config with { ModelChannels = 7 } },
        { nameof(UNetConfig.ChannelMultipliers), Config with { ChannelMultipliers = [] } },
        { nameof(UNetConfig.ChannelMultipliers), Config with { ChannelMultipliers = [1, 0] } },
        { nameof(UNetConfig.ImageSize), Config with { ImageSize = 9 } },
        { nameof(UNetConfig.ResidualBlocks), Config with { ResidualBlocks = 0 } },
        { nameof(UNetConfig.AttentionResolutions), Config with { AttentionResolutions = [3] } },
        { nameof(UNetConfig.HeadChannels), Config with { HeadChannels = 5 } },
        { nameof(UNetConfig.HeadChannels), Config with { HeadChannels = 16, AttentionResolutions = [8] } },
        { nameof(UNetConfig.Dropout), Config with { Dropout = 1 } },
        { nameof(UNetConfig.Dropout), Config with { Dropout = double.NaN } },
        { nameof(UNetConfig.Classes), Config with { Classes = 0 } },
        { nameof(UNetConfig.MemoryAttention), Config with { Memory = false, MemoryAttention = true } },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Validate_BrokenField_IsNamed(string field, UNetConfig config)
    {
        var error = Assert.Throws<ArgumentException>(() => new UNet(config));
        Assert.Equal(field, error.ParamName);
        Assert.StartsWith(field, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_GoodConfiguration_Passes() => Config.Validate();
}
