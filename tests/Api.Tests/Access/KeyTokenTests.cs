using Diffusion.Api.Access;

namespace Diffusion.Api.Tests.Access;

public sealed class KeyTokenTests
{
    private static ApiKey Stored(KeyToken token) => new() { Name = "a", Id = token.Id, Hash = token.Hash(), Scopes = [], Created = DateTimeOffset.UnixEpoch };

    [Fact]
    public void Create_Always_IsNewAndReadsBack()
    {
        var (first, second) = (KeyToken.Create(), KeyToken.Create());
        Assert.NotEqual(first.Text, second.Text);
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(first, KeyToken.Parse(first.Text));
        Assert.Equal(3 + 12 + 1 + 64, first.Text.Length);
    }

    [Fact]
    public void ToString_Never_TellsTheSecret()
    {
        var token = KeyToken.Create();
        Assert.Equal($"dk_{token.Id}_...", token.ToString());
        Assert.DoesNotContain(token.Text[^16..], token.Hash(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("dk_")]
    [InlineData("dk_0123456789ab_00")]
    [InlineData("dk_0123456789AB_0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("dk_0123456789ab_0000000000000000000000000000000000000000000000000000000000000000 ")]
    [InlineData("dk_0123456789ab_0000000000000000000000000000000000000000000000000000000000000000\n")]
    [InlineData("sk_0123456789ab_0000000000000000000000000000000000000000000000000000000000000000")]
    public void Parse_AnythingElse_IsNull(string text) => Assert.Null(KeyToken.Parse(text));

    [Fact]
    public void Proves_OnlyTheKeyItself()
    {
        var token = KeyToken.Create();
        var changed = token.Text[..^1] + (token.Text[^1] == '0' ? '1' : '0');
        Assert.True(token.Proves(Stored(token)));
        Assert.False(KeyToken.Parse(changed)!.Proves(Stored(token)));
    }
}
