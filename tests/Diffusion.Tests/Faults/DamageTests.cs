using System.Buffers.Binary;
using Diffusion.Checkpoints;
using Diffusion.Testing;
using Diffusion.Tests.Checkpoints;
using Xunit.Abstractions;

namespace Diffusion.Tests.Faults;

/// <summary>Bits flip and ends are missing in every part of a version: it is refused, and the one before it is used.</summary>
public sealed class DamageTests(ITestOutputHelper output) : IDisposable
{
    private const int FlipsOfARegion = 200, CutsOfARegion = 40;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private CheckpointStore Store => Chapter.Open(folder["models"]);

    private CheckpointVersion Publish() => Store.Publish("digits", CheckpointStoreTests.Manifest, CheckpointStoreTests.WriteFiles);

    /// <summary>The parts of a version: file, first byte, bytes.</summary>
    public static TheoryData<string, string> Regions => new()
    {
        { "manifest.json", "all" }, { "manifest.json", "digest" }, { "model.safetensors", "length" }, { "model.safetensors", "header" }, { "model.safetensors", "tensors" }, { "notes.txt", "all" },
    };

    [Theory]
    [MemberData(nameof(Regions))]
    public void Version_FlippedOrCutAnywhere_IsPassedOver(string file, string region)
    {
        var good = Publish();
        var path = Path.Combine(Publish().Folder, file);
        var bytes = File.ReadAllBytes(path);
        var (first, length) = Range(bytes, region);
        var chance = new Random(first * 31 + length);
        var damages = new List<(string What, byte[] Bytes)>();
        for (var i = 0; i < Math.Min(FlipsOfARegion, length * 8); i++)
        {
            // every bit of a short part, else any
            var bit = length * 8 <= FlipsOfARegion ? i : chance.Next(length * 8);
            var flipped = (byte[])bytes.Clone();
            flipped[first + bit / 8] ^= (byte)(1 << bit % 8);
            damages.Add(($"bit {bit % 8} of byte {first + bit / 8}", flipped));
        }
        for (var i = 0; i < CutsOfARegion; i++) damages.Add(("cut", bytes[..(first + chance.Next(length))]));
        damages.Add(("one byte more", [.. bytes, (byte)'\n']));
        foreach (var (what, damaged) in damages)
        {
            File.WriteAllBytes(path, damaged);
            var refused = new List<string>();
            var used = Store.NewestValid("digits", e => refused.Add(e.Message));
            Assert.True(used?.Manifest.Version == good.Manifest.Version, $"{file}, {what}: version {used?.Manifest.Version} is used");
            Assert.Contains(file, Assert.Single(refused), StringComparison.Ordinal);
        }
        File.WriteAllBytes(path, bytes);
        Assert.Equal(2, Store.NewestValid("digits")!.Manifest.Version);
        output.WriteLine($"{file} {region}: {damages.Count} damages, served 0");
    }

    [Fact]
    public void Aliases_FlippedOrCutAnywhere_AreRefusedAndNeverMeanAnotherVersion()
    {
        for (var i = 0; i < 3; i++) Publish();
        Store.MoveAlias("digits", "prod", 1);
        Store.MoveAlias("digits", "prod", 2);
        var path = Path.Combine(folder["models"], "digits", "aliases.json");
        var bytes = File.ReadAllBytes(path);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var flipped = (byte[])bytes.Clone();
            flipped[bit / 8] ^= (byte)(1 << bit % 8);
            File.WriteAllBytes(path, flipped);
            Assert.Throws<CheckpointException>(() => Store.Alias("digits", "prod"));
        }
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(path, bytes[..length]);
            Assert.Throws<CheckpointException>(() => Store.Alias("digits", "prod"));
        }
        output.WriteLine($"aliases.json: {bytes.Length * 8} flips and {bytes.Length} cuts, believed 0");
    }

    [Fact]
    public void Results_FlippedOrCutAnywhere_AreBelievedUpToThere()
    {
        Publish();
        foreach (var id in new[] { "a", "b", "c" }) Store.Attach("digits", 1, new VersionResult { Id = id, Metrics = new Dictionary<string, double> { ["fid"] = 1.5 } });
        var path = Path.Combine(folder["models"], "digits", "v000001.results.ndjson");
        var bytes = File.ReadAllBytes(path);
        for (var at = 0; at < bytes.Length; at++)
        {
            var whole = bytes.AsSpan(0, at).Count((byte)'\n');
            for (var bit = 0; bit < 8; bit++)
            {
                var flipped = (byte[])bytes.Clone();
                flipped[at] ^= (byte)(1 << bit);
                File.WriteAllBytes(path, flipped);
                AssertBelieved(whole, isDamaged: true);
            }
            File.WriteAllBytes(path, bytes[..at]);
            // an end that is missing line by line is an earlier state, and whole
            AssertBelieved(whole, isDamaged: at > 0 && bytes[at - 1] != '\n');
        }
        File.WriteAllBytes(path, [.. bytes[..10], .. bytes[11..]]);
        Assert.Contains("Nothing is attached", Assert.Throws<CheckpointException>(() => Store.Attach("digits", 1, new VersionResult { Id = "d", Metrics = new Dictionary<string, double> { ["fid"] = 1 } })).Message, StringComparison.Ordinal);

        void AssertBelieved(int whole, bool isDamaged)
        {
            var read = Store.Results("digits", 1);
            Assert.Equal(new[] { "a", "b", "c" }[..whole], read.Results.Select(r => r.Id));
            Assert.Equal(isDamaged, read.Problem is not null);
        }
    }

    private static (int First, int Length) Range(byte[] bytes, string region)
    {
        const int Digest = 64 + 20;
        var header = region is "length" or "header" or "tensors" ? (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
        return region switch
        {
            "digest" => (bytes.Length - Digest, Digest),
            "length" => (0, 8),
            "header" => (8, header),
            "tensors" => (8 + header, bytes.Length - 8 - header),
            _ => (0, bytes.Length),
        };
    }
}
