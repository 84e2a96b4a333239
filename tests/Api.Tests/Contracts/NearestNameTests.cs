using Diffusion.Api.Contracts;

namespace Diffusion.Api.Tests.Contracts;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("stpes", "steps")]
    [InlineData("STEPS", "steps")]
    [InlineData("sampller", "sampler")]
    [InlineData("lable", "label")]
    [InlineData("labels", "label")]
    public void Of_SlipOfTheHand_FindsTheName(string given, string meant) =>
        Assert.Equal(meant, NearestName.Of(given, ["steps", "sampler", "label", "n"]));

    [Theory]
    [InlineData("temperature")]
    [InlineData("q")]
    public void Of_NothingNear_IsNull(string given) => Assert.Null(NearestName.Of(given, ["steps", "sampler", "label", "n"]));

    [Theory]
    [InlineData("steps", "steps", 0)]
    [InlineData("stpes", "steps", 1)]
    [InlineData("step", "steps", 1)]
    [InlineData("ste", "steps", 2)]
    public void Edits_CountsChangesAndSwaps(string a, string b, int edits) => Assert.Equal(edits, NearestName.Edits(a, b));
}
