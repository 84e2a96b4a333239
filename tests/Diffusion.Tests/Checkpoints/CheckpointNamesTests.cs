using Diffusion.Checkpoints;

namespace Diffusion.Tests.Checkpoints;

public sealed class CheckpointNamesTests
{
    [Theory]
    [InlineData("digits", "digits", null)]
    [InlineData("digits@3", "digits", "3")]
    [InlineData("digits@prod", "digits", "prod")]
    [InlineData("digits@", "digits", "")]
    public void Split_AReference_IsNameAndVersion(string text, string name, string? version) => Assert.Equal((name, version), CheckpointNames.Split(text));
}
