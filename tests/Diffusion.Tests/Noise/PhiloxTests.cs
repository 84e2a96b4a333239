using Diffusion.Noise;

namespace Diffusion.Tests.Noise;

/// <summary>The known-answer vectors published with Random123.</summary>
public sealed class PhiloxTests
{
    [Fact]
    public void Block_AllZero_IsTheKnownAnswer() =>
        Assert.Equal((0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u), Philox.Block(0, 0, 0, 0, 0, 0));

    [Fact]
    public void Block_AllOnes_IsTheKnownAnswer() =>
        Assert.Equal((0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu), Philox.Block(~0u, ~0u, ~0u, ~0u, ~0u, ~0u));

    [Fact]
    public void Block_DigitsOfPi_IsTheKnownAnswer() =>
        Assert.Equal(
            (0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u),
            Philox.Block(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0));
}
