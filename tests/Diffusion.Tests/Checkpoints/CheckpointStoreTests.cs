using System.Text;
using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Testing;

namespace Diffusion.Tests.Checkpoints;

public sealed class CheckpointStoreTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private CheckpointStore Store => new(folder["models"], TimeProvider.System);

    internal static CheckpointManifest Manifest(int version) => new()
    {
        Model = "ignored",
        Version = version,
        Created = default,
        Network = new UNetConfig { ImageSize = 32, Channels = 1, ModelChannels = 32, ChannelMultipliers = [1, 2], AttentionResolutions = [16], Classes = 10, Memory = true },
        Prediction = Prediction.Residual,
        Schedule = new ScheduleReference("cosine", 1000),
        Objective = "dddm",
        Data = new DataReference("digits", new string('0', 64), 60000),
        Labels = ["zero", "one"],
        ImagesSeen = 1234567890123,
        Seed = ulong.MaxValue,
        Parent = new ParentReference("digits", 1),
        Sampling = new SamplingDefaults("dddm", 2, 1.5, new Dictionary<string, string> { ["walk"] = "fixed" }),
        Metrics = new Dictionary<string, double> { ["accuracy"] = 0.985 },
    };

    internal static void WriteFiles(string into)
    {
        SafeTensors.Write(Path.Combine(into, CheckpointVersion.WeightsFile), [new("w", DType.F32, [256], new byte[1024])]);
        File.WriteAllText(Path.Combine(into, "notes.txt"), "hello");
    }

    private CheckpointVersion Publish(string model = "digits") => Store.Publish(model, Manifest, WriteFiles);

    [Fact]
    public void Publish_FirstAndSecond_AreNumberedAndReadBackEqual()
    {
        var before = DateTimeOffset.UtcNow;
        var first = Publish();
        var second = Publish();

        Assert.Equal([1, 2], Store.Versions("digits"));
        Assert.Equal(["digits"], Store.Models());
        Assert.Equal(Path.Combine(folder["models"], "digits", "v000002"), second.Folder);
        var found = Store.Find("digits", "1")!;
        Assert.Equivalent(first, found, strict: true);
        Assert.Equal("digits", found.Manifest.Model);
        Assert.InRange(found.Manifest.Created, before, DateTimeOffset.UtcNow);
        Assert.Equivalent(Manifest(1) with { Model = "digits", Created = found.Manifest.Created, Files = found.Manifest.Files }, found.Manifest, strict: true);
        Assert.Equal(["model.safetensors", "notes.txt"], found.Manifest.Files.Keys.Order());
        Assert.Equal(new FileDigest(5, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"), found.Manifest.Files["notes.txt"]);
        Assert.Equal("hello", File.ReadAllText(found.PathOf("notes.txt")));
        CheckpointStore.Verify(found);
        Assert.DoesNotContain(Directory.GetFileSystemEntries(Path.GetDirectoryName(found.Folder)!), e => Path.GetFileName(e).StartsWith(".new", StringComparison.Ordinal));
    }

    [Fact]
    public void Publish_Manifest_IsCamelCaseJsonWithWordsForEnums()
    {
        var text = File.ReadAllText(Path.Combine(Publish().Folder, "manifest.json"));
        Assert.Contains("\"prediction\": \"residual\"", text);
        Assert.Contains("\"imagesSeen\": 1234567890123", text);
        Assert.Contains("\"format\": 2", text);
        Assert.Matches("\"sha256\": \"[0-9a-f]{64}\"\n}\n\\z", text);
        Assert.DoesNotContain("traits", text, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("v000003", 3)]
    [InlineData("v2", 2)]
    [InlineData("prod", 2)]
    [InlineData("", 3)]
    [InlineData(null, 3)]
    [InlineData("4", null)]
    [InlineData("0", null)]
    [InlineData("stage", null)]
    [InlineData("../digits/v000001", null)]
    [InlineData("99999999999", null)]
    public void Find_Text_GivesTheVersionItMeans(string? text, int? expected)
    {
        for (var i = 0; i < 3; i++) Publish();
        Store.SetAlias("digits", "prod", 2);
        Assert.Equal(expected, Store.Find("digits", text)?.Manifest.Version);
    }

    [Fact]
    public void Find_EmptyWithDefaultAlias_FollowsIt()
    {
        Publish();
        Publish();
        Store.SetAlias("digits", "default", 1);
        Assert.Equal(1, Store.Find("digits")!.Manifest.Version);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("no-such")]
    [InlineData("Digits")]
    [InlineData("digits/../digits")]
    public void Find_UnknownOrTraversingModel_IsNull(string model)
    {
        Publish();
        Assert.Null(Store.Find(model));
        Assert.Empty(Store.Versions(model));
        Assert.Empty(Store.Aliases(model));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("-a")]
    [InlineData("a\n")]
    [InlineData("a.b")]
    public void Publish_BadName_IsRefused(string model) => Assert.Throws<ArgumentException>(() => Publish(model));

    [Fact]
    public void Verify_TruncatedFlippedOrMissingFile_IsRefusedByName()
    {
        var version = Publish();
        var path = version.PathOf(CheckpointVersion.WeightsFile);
        var good = File.ReadAllBytes(path);
        var flipped = (byte[])good.Clone();
        flipped[^1] ^= 1;
        foreach (var bad in new[] { good[..^1], flipped, [.. good, 0] })
        {
            File.WriteAllBytes(path, bad);
            Assert.Equal("model.safetensors", Assert.Throws<CheckpointException>(() => CheckpointStore.Verify(version)).FileName);
        }
        File.Delete(path);
        Assert.Contains("missing", Assert.Throws<CheckpointException>(() => CheckpointStore.Verify(version)).Message);
    }

    [Fact]
    public void NewestValid_NewestIsDamaged_GivesTheOneBeforeAndSaysWhy()
    {
        Publish();
        File.AppendAllText(Publish().PathOf("notes.txt"), "!");
        File.WriteAllText(Path.Combine(Publish().Folder, "manifest.json"), "{");
        var refused = new List<string?>();

        Assert.Equal(1, Store.NewestValid("digits", e => refused.Add(e.FileName))!.Manifest.Version);
        Assert.Equal(["manifest.json", "notes.txt"], refused);
    }

    [Theory]
    [InlineData("\"format\": 1", "\"format\": 3", "format 3")]
    [InlineData("\"format\": 1", "\"format\": 2", "does not end in its SHA-256")]
    [InlineData("\"format\": 1", "\"formula\": 1", "no format")]
    [InlineData("\"model\": \"digits\"", "\"model\": \"other\"", "other version 1")]
    [InlineData("\"version\": 1", "\"version\": 7", "version 7")]
    [InlineData("\"notes.txt\"", "\"../notes.txt\"", "not an allowed name")]
    [InlineData("\"objective\": \"dddm\"", "\"objective\": null", "cannot be read")]
    [InlineData("\"prediction\": \"residual\"", "\"prediction\": \"rest\"", "cannot be read")]
    [InlineData("\"objective\": \"dddm\",", "", "cannot be read")]
    [InlineData("\"name\": \"cosine\"", "\"name\": \"cosin\"", "no usable schedule")]
    [InlineData("\"steps\": 1000", "\"steps\": 0", "no usable schedule")]
    [InlineData("\"steps\": 1000", "\"steps\": 2147483647", "no usable schedule")]
    public void Find_ManifestThatCannotBeTrusted_IsRefused(string good, string bad, string reason)
    {
        var path = Path.Combine(Publish().Folder, "manifest.json");
        // as the first releases wrote it, without the digest that would find any of these
        var text = Unsealed(File.ReadAllText(path));
        Assert.Contains(good, text);
        var at = text.IndexOf(good, StringComparison.Ordinal);
        File.WriteAllText(path, text.Remove(at, good.Length).Insert(at, bad));

        Assert.Contains(reason, Assert.Throws<CheckpointException>(() => Store.Find("digits")).Message);
    }

    [Fact]
    public void Find_ManifestOfTheFirstReleases_IsRead()
    {
        var path = Path.Combine(Publish().Folder, "manifest.json");
        File.WriteAllText(path, Unsealed(File.ReadAllText(path)));
        Assert.Equal((1, 1234567890123), (Store.Find("digits")!.Manifest.Format, Store.Find("digits")!.Manifest.ImagesSeen));
    }

    [Fact]
    public void Find_ManifestThatSomebodyEdited_IsRefused()
    {
        var path = Path.Combine(Publish().Folder, "manifest.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"imagesSeen\": 1234567890123", "\"imagesSeen\": 1234567890124", StringComparison.Ordinal));
        Assert.Contains("SHA-256", Assert.Throws<CheckpointException>(() => Store.Find("digits")).Message, StringComparison.Ordinal);
    }

    private static string Unsealed(string manifest) =>
        manifest[..manifest.LastIndexOf(",\n  \"sha256\"", StringComparison.Ordinal)].Replace("\"format\": 2", "\"format\": 1", StringComparison.Ordinal) + "\n}\n";

    [Fact]
    public void Versions_FolderWithoutManifestOrOfAnotherName_IsNotSeenAndKeepsItsNumber()
    {
        Publish();
        foreach (var name in new[] { "v000002", "v3", "v0000004", "v-00005", "vnumber" }) Directory.CreateDirectory(Path.Combine(folder["models"], "digits", name));
        Directory.CreateDirectory(Path.Combine(folder["models"], "empty", "v000001"));

        Assert.Equal([1], Store.Versions("digits"));
        Assert.Null(Store.Find("digits", "2"));
        Assert.Equal(["digits"], Store.Models());
        Assert.Equal(3, Publish().Manifest.Version);
    }

    [Fact]
    public void PathOf_FileNotInManifest_IsRefused()
    {
        var version = Publish();
        Assert.Throws<CheckpointException>(() => version.PathOf("../../secret"));
        Assert.Throws<CheckpointException>(() => version.PathOf("manifest.json"));
    }

    [Fact]
    public void Publish_NothingOrSubfolderOrManifestWritten_IsRefusedAndLeavesNothing()
    {
        Assert.Throws<CheckpointException>(() => Store.Publish("digits", Manifest, _ => { }));
        Assert.Throws<CheckpointException>(() => Store.Publish("digits", Manifest, f => Directory.CreateDirectory(Path.Combine(f, "sub"))));
        Assert.Throws<CheckpointException>(() => Store.Publish("digits", Manifest, f => File.WriteAllText(Path.Combine(f, "manifest.json"), "{}")));
        Assert.Equal([".lock"], Directory.GetFileSystemEntries(Path.Combine(folder["models"], "digits")).Select(Path.GetFileName));
    }

    [Fact]
    public void SetAlias_MovedByAnother_IsAConflict()
    {
        Publish();
        Publish();
        Assert.Null(Store.SetAlias("digits", "prod", 1, expectedCurrent: 0));
        Assert.Equal(1, Store.SetAlias("digits", "prod", 2, expectedCurrent: 1));
        Assert.Equal(2, Assert.Throws<AliasConflictException>(() => Store.SetAlias("digits", "prod", 1, expectedCurrent: 1)).Current);
        Assert.Throws<AliasConflictException>(() => Store.SetAlias("digits", "prod", 1, expectedCurrent: 0));
        Assert.Equal(2, Store.SetAlias("digits", "prod", 1));
        Assert.Equal(new Dictionary<string, int> { ["prod"] = 1 }, Store.Aliases("digits"));
    }

    [Theory]
    [InlineData("3")]
    [InlineData("v1")]
    [InlineData("../x")]
    [InlineData("Prod")]
    public void SetAlias_BadName_IsRefused(string alias)
    {
        Publish();
        Assert.Throws<ArgumentException>(() => Store.SetAlias("digits", alias, 1));
    }

    [Fact]
    public void SetAlias_NoSuchVersion_IsRefused()
    {
        Publish();
        Assert.Throws<CheckpointException>(() => Store.SetAlias("digits", "prod", 2));
    }

    [Fact]
    public void Publish_FromManyThreads_NumbersWithoutGapOrClash()
    {
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ => Publish());
        Assert.Equal(Enumerable.Range(1, 8), Store.Versions("digits"));
        Assert.All(Store.Versions("digits"), v => CheckpointStore.Verify(Store.Find("digits", $"{v}")!));
    }

    [Fact]
    public void Publish_LockHeldByAnother_WaitsUntilCancelled()
    {
        Publish();
        using var held = new FileStream(Path.Combine(folder["models"], "digits", ".lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        Assert.ThrowsAny<OperationCanceledException>(() => Store.Publish("digits", Manifest, WriteFiles, cancellation.Token));
        Assert.Equal([1], Store.Versions("digits"));
    }

    [Fact]
    public void Models_NoRootYet_IsEmpty()
    {
        Assert.Empty(Store.Models());
        Assert.Empty(Store.RemoveLeftovers());
        Assert.Null(Store.NewestValid("digits"));
        Assert.False(Directory.Exists(folder["models"]));
    }
}
