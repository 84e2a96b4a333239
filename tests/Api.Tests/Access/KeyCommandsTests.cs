using Diffusion.Api.Access;
using Diffusion.Testing;

namespace Diffusion.Api.Tests.Access;

public sealed class KeyCommandsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private (int? Code, string Output, string Error) Run(params string[] args)
    {
        using StringWriter output = new(), error = new();
        var code = KeyCommands.TryRun(args, output, error, TimeProvider.System, folder["keys.json"]);
        return (code, output.ToString(), error.ToString());
    }

    [Fact]
    public void Add_Key_IsShownOnceAndStoredHashed()
    {
        var (code, output, _) = Run("keys", "add", "alice", "--scopes", "generate,admin", "--rows-per-minute", "100", "--concurrent-rows", "8", "--weight", "2.5");
        Assert.Equal(0, code);
        var token = KeyToken.Parse(output.Split('\n')[0])!;
        var key = Assert.Single(KeyFile.Read(folder["keys.json"])!.Keys);
        Assert.True(token.Proves(key));
        Assert.Equal(("alice", 100L, 8, 2.5), (key.Name, key.RowsPerMinute, key.ConcurrentRows, key.Weight));
        Assert.Equal([Scopes.Generate, Scopes.Admin], key.Scopes);
        var (_, listed, _) = Run("keys", "list");
        Assert.Contains("alice", listed, StringComparison.Ordinal);
        Assert.DoesNotContain(token.Text, listed, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Hash, listed, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_NothingSaid_MayGenerateWithoutLimits()
    {
        Run("keys", "add", "bob");
        var key = Assert.Single(KeyFile.Read(folder["keys.json"])!.Keys);
        Assert.Equal([Scopes.Generate], key.Scopes);
        Assert.Equal((null, null, 1.0), (key.RowsPerMinute, key.ConcurrentRows, key.Weight));
    }

    [Fact]
    public void Revoke_LastKey_SaysThatNobodyComesIn()
    {
        Run("keys", "add", "alice");
        Run("keys", "add", "bob");
        Assert.DoesNotContain("last one", Run("keys", "revoke", "bob").Output, StringComparison.Ordinal);
        Assert.Contains("last one", Run("keys", "revoke", "alice").Output, StringComparison.Ordinal);
        Assert.Equal("There are no keys.", Run("keys", "list").Output.Trim());
    }

    [Theory]
    [InlineData("keys")]
    [InlineData("keys", "forget")]
    [InlineData("keys", "add")]
    [InlineData("keys", "add", "Alice!")]
    [InlineData("keys", "add", "alice", "--scopes", "root")]
    [InlineData("keys", "add", "alice", "--scopes", "")]
    [InlineData("keys", "add", "alice", "--rows-per-minute", "0")]
    [InlineData("keys", "add", "alice", "--colour", "blue")]
    [InlineData("keys", "add", "alice", "bob")]
    [InlineData("keys", "revoke", "nobody")]
    public void Run_Wrong_SaysWhatIsAllowedAndChangesNothing(params string[] args)
    {
        var (code, output, error) = Run(args);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains("keys add NAME", error, StringComparison.Ordinal);
        Assert.True(KeyFile.Read(folder["keys.json"]) is null or { Keys.Count: 0 });
    }

    [Fact]
    public void Add_NameThatIsTaken_IsRefused()
    {
        Run("keys", "add", "alice");
        Assert.Equal(2, Run("keys", "add", "alice").Code);
    }

    [Fact]
    public void Run_AnotherCommand_IsNotOurs() => Assert.Null(Run("train", "job.json").Code);
}
