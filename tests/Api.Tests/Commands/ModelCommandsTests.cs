using Diffusion.Api.Commands;
using Diffusion.Checkpoints;
using Diffusion.Testing;

namespace Diffusion.Api.Tests.Commands;

public sealed class ModelCommandsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CheckpointStore store;

    public ModelCommandsTests()
    {
        store = new CheckpointStore(folder["models"], TimeProvider.System);
        for (var seed = 1ul; seed <= 3; seed++) TinyModels.Publish(store, "tiny", seed: seed);
    }

    public void Dispose() => folder.Dispose();

    private async Task<(int? Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using StringWriter output = new(), error = new();
        var code = await ModelCommands.TryRunAsync([.. args, "--models", folder["models"], "--state", folder["state"]], output, error, TimeProvider.System, CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }

    private async Task<string> DoAsync(params string[] args)
    {
        var (code, output, error) = await RunAsync(args);
        Assert.True(code == 0, error);
        return output;
    }

    [Theory]
    [InlineData("safetensors")]
    [InlineData("zip")]
    public async Task Export_AndImport_AreTheSameVersion(string format)
    {
        var file = folder[$"out.{format}"];
        Assert.Contains(file, await DoAsync("models", "export", "tiny@2", "--to", file, "--format", format), StringComparison.Ordinal);
        Assert.Contains("Published guest version 1, which was tiny version 2", await DoAsync("models", "import", file, "--as", "guest"), StringComparison.Ordinal);
        var (there, here) = (store.Find("tiny", "2")!, store.Find("guest", "1")!);
        Assert.Equal(there.Manifest.Files[CheckpointVersion.WeightsFile], here.Manifest.Files[CheckpointVersion.WeightsFile]);
        Assert.Equal($"out.{format}", here.Manifest.Origin!.Name);
        // no file is written over, and none is left half
        Assert.Equal(2, (await RunAsync("models", "export", "tiny@1", "--to", file)).Code);
        Assert.Equal(["models", $"out.{format}"], Directory.EnumerateFileSystemEntries(folder.Path).Select(p => Path.GetFileName(p)).Order());
        Assert.Contains($"imported    out.{format}", await DoAsync("models", "show", "guest@1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_AndShow_TellVersionsAliasesAndFigures()
    {
        await DoAsync("models", "promote", "tiny@2");
        await DoAsync("models", "pin", "tiny@1");
        store.Attach("tiny", 1, new VersionResult { Id = "one", Metrics = new Dictionary<string, double> { ["fid"] = 12.5 } });
        Assert.Contains("3 versions, newest 3  default 2", await DoAsync("models", "list"), StringComparison.Ordinal);
        var shown = (await DoAsync("models", "show", "tiny")).TrimEnd().Split(Environment.NewLine);
        Assert.Equal(4, shown.Length);
        Assert.Contains("default", shown[2], StringComparison.Ordinal);
        Assert.Contains("pinned", shown[3], StringComparison.Ordinal);
        Assert.Contains("fid 12.5", shown[3], StringComparison.Ordinal);
        Assert.Contains(store.Find("tiny", "1")!.Manifest.Files[CheckpointVersion.WeightsFile].Sha256, await DoAsync("models", "show", "tiny@1"), StringComparison.Ordinal);
        await DoAsync("models", "unpin", "tiny@1");
        Assert.Empty(store.Pinned("tiny"));
    }

    [Fact]
    public async Task Promote_AndRollBack_MoveTheAlias()
    {
        await DoAsync("models", "promote", "tiny@1", "--alias", "prod");
        await DoAsync("models", "promote", "tiny@3", "--alias", "prod");
        Assert.Equal(3, store.Aliases("tiny")["prod"]);
        await DoAsync("models", "rollback", "tiny", "--alias", "prod");
        Assert.Equal(1, store.Aliases("tiny")["prod"]);
        Assert.Contains("never stood on another", (await RunAsync("models", "rollback", "tiny", "--alias", "prod")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Promote_OfADamagedVersion_LeavesTheAlias()
    {
        await DoAsync("models", "promote", "tiny@1");
        File.AppendAllText(store.Find("tiny", "3")!.PathOf(CheckpointVersion.WeightsFile), "x");
        var (code, _, error) = await RunAsync("models", "promote", "tiny@3");
        Assert.Equal(1, code);
        Assert.Contains("bytes; the manifest says", error, StringComparison.Ordinal);
        Assert.Equal(1, store.Aliases("tiny")["default"]);
    }

    [Fact]
    public async Task Delete_OfWhatIsNeeded_IsRefused()
    {
        Assert.Contains("what requests without a version get", (await RunAsync("models", "delete", "tiny@3")).Error, StringComparison.Ordinal);
        await DoAsync("models", "promote", "tiny@2");
        Assert.Contains("stands on", (await RunAsync("models", "delete", "tiny@2")).Error, StringComparison.Ordinal);
        Directory.CreateDirectory(folder["state"] + "/queue");
        File.WriteAllText(folder["state"] + "/queue/00000001.json", $$"""{ "id": "00000001", "name": "a", "state": "queued", "submitted": "2026-01-01T00:00:00Z", "job": {{System.Text.Json.JsonSerializer.Serialize(Job)}} }""");
        Assert.Contains("job 00000001 needs it", (await RunAsync("models", "delete", "tiny@1")).Error, StringComparison.Ordinal);
        await DoAsync("models", "delete", "tiny@3");
        Assert.Equal([1, 2], store.Versions("tiny"));
    }

    private const string Job = """
        { "name": "a", "model": "b", "initialFrom": { "model": "tiny", "version": 1 }, "objective": { "kind": "ddpm", "prediction": "v" }, "schedule": { "name": "cosine", "steps": 100 },
          "network": { "imageSize": 8, "channels": 1, "classes": 10, "modelChannels": 8, "channelMultipliers": [1, 2], "residualBlocks": 1, "headChannels": 8 },
          "data": "mnist-32", "batch": 16, "steps": 100 }
        """;

    [Theory]
    [InlineData("models")]
    [InlineData("models", "forget")]
    [InlineData("models", "show")]
    [InlineData("models", "show", "nobody")]
    [InlineData("models", "show", "tiny@9")]
    [InlineData("models", "export", "tiny@1", "--format", "tar")]
    [InlineData("models", "import", "nowhere.zip", "--as", "guest")]
    [InlineData("models", "import", "nowhere.zip")]
    [InlineData("models", "promote", "tiny")]
    [InlineData("models", "promote", "tiny@1", "--alias", "v1")]
    [InlineData("models", "rollback", "tiny", "--alias", "nobody")]
    [InlineData("models", "delete", "tiny")]
    [InlineData("models", "delete", "tiny@9")]
    [InlineData("models", "list", "--colour", "red")]
    public async Task Command_ThatIsWrong_SaysWhatIsRight(params string[] args)
    {
        var (code, _, error) = await RunAsync(args);
        Assert.Equal(2, code);
        Assert.Contains("models promote NAME@VERSION", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_OfAnotherKind_IsNotTaken() => Assert.Null((await RunAsync("keys", "list")).Code);
}
