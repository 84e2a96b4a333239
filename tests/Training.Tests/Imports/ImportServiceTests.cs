using System.Security.Cryptography;
using System.Text;
using Diffusion.Testing;
using Diffusion.Training.Data;
using Diffusion.Training.Imports;
using Diffusion.Training.Sources;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Diffusion.Training.Tests.Imports;

public sealed class ImportServiceTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly ImportSettings Settings = new() { Size = 8, Channels = 1, Source = "drawn" };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Import_OfAnUpload_IsTheSetThatTheCommandMakes()
    {
        var zip = ZipFiles.Halves(30);
        using var host = Host();
        await host.StartAsync();
        var import = await Ended(host, await Upload(host, "halves", zip, SHA256.HashData(zip)));
        await host.StopAsync();

        Assert.Equal((SetImportState.Succeeded, new ImportProgress(30, 30, 0)), (import.State, import.Progress));
        await File.WriteAllBytesAsync(folder["by-hand.zip"], zip);
        using var source = ImageSources.Open(folder["by-hand.zip"], new ImportLimits());
        new ImageSetImporter(Settings).Import(source, folder["elsewhere/halves"], null, CancellationToken.None);
        Assert.Equal(Digest(folder["elsewhere/halves/manifest.json"]), Digest(folder["data/halves/manifest.json"]));
        // the archive is not needed any more
        Assert.Equal(["import.json"], Directory.GetFiles(folder[$"state/imports/{import.Id}"]).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("../evil.png", "hurt.zip: entry '../evil.png' leaves its folder; nothing was imported.")]
    [InlineData("/etc/evil.png", "hurt.zip: entry '/etc/evil.png' has an absolute name; nothing was imported.")]
    public async Task Import_OfAnArchiveThatCannotBeTrusted_FailsWithTheEntryNamed(string entry, string error)
    {
        using var host = Host();
        await host.StartAsync();
        var import = await Ended(host, await Upload(host, "hurt", ZipFiles.Of(("a/1.png", [1]), (entry, [2]))));
        var next = await Ended(host, await Upload(host, "sound", ZipFiles.Halves(4)));
        await host.StopAsync();

        Assert.Equal((SetImportState.Failed, error), (import.State, import.Error));
        Assert.Equal(SetImportState.Succeeded, next.State);
        Assert.Equal(["sound"], Directory.GetFileSystemEntries(folder["data"]).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Import_OfWhatIsNoArchive_OrOtherBytesThanAnnounced_Fails()
    {
        using var host = Host();
        await host.StartAsync();
        var noZip = await Ended(host, await Upload(host, "text", Encoding.ASCII.GetBytes("no archive at all")));
        var other = await Ended(host, await Upload(host, "other", ZipFiles.Halves(4), new byte[32]));
        var unusable = await Ended(host, await Upload(host, "unusable", ZipFiles.Of(("a/1.png", [1]), ("a/2.txt", [2]))));
        await host.StopAsync();

        Assert.StartsWith("text.zip: is no whole zip file", noZip.Error, StringComparison.Ordinal);
        Assert.Contains($"announced was {new string('0', 64)}; nothing was imported", other.Error, StringComparison.Ordinal);
        Assert.StartsWith("unusable: no image could be imported; the first of 2 refused is 'a/1.png'", unusable.Error, StringComparison.Ordinal);
        Assert.All(new[] { noZip, other, unusable }, i => Assert.DoesNotContain(folder.Path, i.Error, StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(folder["data"]));
    }

    [Fact]
    public async Task Import_OfANumPyArchive_IsFoundOut()
    {
        using var host = Host();
        await host.StartAsync();
        var import = await Ended(host, await Upload(host, "arrays", await File.ReadAllBytesAsync(Repository.Path("tests", "fixtures", "npz", "images.npz"))));
        await host.StopAsync();

        Assert.Null(import.Error);
        Assert.True(ImageSetManifest.Read(folder["data/arrays"]).Splits.Values.Sum() > 0);
    }

    [Fact]
    public async Task Import_ServiceStoppedInTheMiddle_IsDoneAtTheNextStart()
    {
        string id;
        using (var first = Host())
        {
            await first.StartAsync();
            id = await Upload(first, "slow", ZipFiles.Slow(60));
            await Until(() => Imports(first).Find(id)!.Progress is { Done: > 2 });
            await first.StopAsync();
        }
        Assert.Empty(Directory.GetFileSystemEntries(folder["data"]));
        using var second = Host();
        Assert.Equal(SetImportState.Importing, Imports(second).Find(id)!.State);
        await second.StartAsync();
        var import = await Ended(second, id);
        await second.StopAsync();
        Assert.Equal((SetImportState.Succeeded, 2, 59), (import.State, ImageSetManifest.Read(folder["data/slow"]).Splits["train"], ImageSetManifest.Read(folder["data/slow"]).Duplicates));
    }

    [Fact]
    public async Task Drop_InTheMiddle_LeavesNothing_AndTheNextGoesOn()
    {
        using var host = Host();
        await host.StartAsync();
        var id = await Upload(host, "slow", ZipFiles.Slow(60));
        var waiting = await Upload(host, "sound", ZipFiles.Halves(4));
        await Until(() => Imports(host).Find(id)!.Progress is { Done: > 2 });
        Assert.Equal(SetImportState.Queued, Imports(host).Find(waiting)!.State);
        Assert.True(await Imports(host).DropAsync(id, CancellationToken.None));
        Assert.Null(Imports(host).Find(id));
        Assert.Equal(SetImportState.Succeeded, (await Ended(host, waiting)).State);
        await host.StopAsync();
        Assert.Equal(["sound"], Directory.GetFileSystemEntries(folder["data"]).Select(Path.GetFileName));
        Assert.Equal([waiting], Directory.GetDirectories(folder["state/imports"]).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Start_AfterACrash_TakesAwayWhatWasWrittenAside()
    {
        var id = await Upload(Host(), "halves", ZipFiles.Halves(4));
        // a process that died within an import leaves its draft, and within a removal what it removes
        Directory.CreateDirectory(folder[$"data/.halves.{id}"]);
        await File.WriteAllTextAsync(folder[$"data/.halves.{id}/train.images.u8"], "half of it");
        Directory.CreateDirectory(folder["data/.gone.0123.removed"]);
        using var host = Host();
        await host.StartAsync();
        Assert.Equal(SetImportState.Succeeded, (await Ended(host, id)).State);
        await host.StopAsync();
        Assert.Equal(["halves"], Directory.GetFileSystemEntries(folder["data"]).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Import_LargerThanASetMayBe_Fails()
    {
        using var host = Host(("Imports:MaxSetBytes", "200"));
        await host.StartAsync();
        var import = await Ended(host, await Upload(host, "large", ZipFiles.Halves(4)));
        await host.StopAsync();
        Assert.Equal("large: its images have more than 200 bytes; nothing was imported.", import.Error);
        Assert.Empty(Directory.GetFileSystemEntries(folder["data"]));
    }

    private static SetImports Imports(IHost host) => host.Services.GetRequiredService<SetImports>();

    private static async Task<string> Upload(IHost host, string name, byte[] zip, byte[]? sha256 = null)
    {
        var id = Imports(host).Open(name, Settings, zip.Length, sha256 is null ? null : Convert.ToHexStringLower(sha256)).Id;
        await Imports(host).ReceiveAsync(id, 0, new MemoryStream(zip), null, null, CancellationToken.None);
        return id;
    }

    private static async Task<SetImport> Ended(IHost host, string id)
    {
        await Until(() => Imports(host).Find(id)!.IsOver);
        return Imports(host).Find(id)!;
    }

    private static string Digest(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    private IHost Host(params (string Key, string Value)[] more)
    {
        var builder = new HostApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Training:Data"] = folder["data"],
            ["Training:State"] = folder["state"],
            ["Training:Models"] = folder["models"],
        });
        builder.Configuration.AddInMemoryCollection(more.ToDictionary(m => m.Key, m => (string?)m.Value));
        builder.Services.AddTraining();
        return builder.Build();
    }

    private static async Task Until(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!holds()) await timer.WaitForNextTickAsync(limit.Token);
    }
}
