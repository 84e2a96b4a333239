using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Diffusion.Checkpoints;
using Diffusion.Exchange;
using Diffusion.Samplers;
using Diffusion.Testing;

namespace Diffusion.Tests.Exchange;

public sealed class RefusalTests(Packages packages) : IClassFixture<Packages>
{
    private const string Weights = CheckpointVersion.WeightsFile;

    [Theory]
    [InlineData(ExchangeForm.SafeTensors)]
    [InlineData(ExchangeForm.Zip)]
    public async Task File_CutShort_IsRefused(ExchangeForm form)
    {
        var whole = File.ReadAllBytes(await packages.ExportAsync(form));
        for (var i = 0; i < 60; i++) packages.Refuse(Write(whole[..(int)((long)whole.Length * i / 60)]));
        packages.Refuse(Write(whole[..^1]));
    }

    // what a flipped bit may change without harm is a time in the archive; the version is the same all the same
    [Theory]
    [InlineData(ExchangeForm.SafeTensors)]
    [InlineData(ExchangeForm.Zip)]
    public async Task File_WithAFlippedBit_IsRefusedOrTheSame(ExchangeForm form)
    {
        var whole = File.ReadAllBytes(await packages.ExportAsync(form));
        var chance = new Random(11);
        var (refused, same) = (0, 0);
        // half of the bits in the first and last pages, where the structures are
        for (var i = 0; i < 300; i++)
        {
            var at = i % 2 == 0 ? chance.Next(whole.Length) : i % 4 == 1 ? chance.Next(4096) : whole.Length - 1 - chance.Next(600);
            var flipped = (byte[])whole.Clone();
            flipped[at] ^= (byte)(1 << chance.Next(8));
            var path = Write(flipped);
            try
            {
                var version = packages.Import(path);
                Assert.True(form == ExchangeForm.Zip, $"byte {at} of {whole.Length} does not matter");
                foreach (var file in version.Manifest.Files.Keys) Assert.Equal(File.ReadAllBytes(packages.Version.PathOf(file)), File.ReadAllBytes(version.PathOf(file)));
                Assert.Equal(packages.Version.Manifest.Network.ToString(), version.Manifest.Network.ToString());
                same++;
            }
            catch (ImportRefusedException)
            {
                refused++;
            }
            Assert.Equal([".lock"], packages.Left());
        }
        Assert.True(refused > 200, $"{refused} refused, {same} the same");
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("/etc/evil")]
    [InlineData("a/../../evil")]
    [InlineData("..\\evil")]
    [InlineData("folder/")]
    [InlineData(".hidden")]
    public async Task Entry_WithANameThatLeavesItsFolder_IsNamed(string name)
    {
        var refusal = packages.Refuse(await packages.ZipAsync((name, [1])));
        Assert.Equal((ImportFault.Damaged, name), (refusal.Fault, refusal.Entry));
        Assert.Contains("no folders", refusal.Problem, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(packages.To.Root, "evil")));
    }

    [Theory]
    [InlineData("stray.txt", "x", "stray.txt")]
    [InlineData("job.json", null, "job.json")]
    [InlineData("job.json", "{}", "job.json")]
    [InlineData("model.safetensors", null, "model.safetensors")]
    [InlineData("manifest.json", null, "manifest.json")]
    [InlineData("manifest.json", "{}", "manifest.json")]
    public async Task Entry_ThatIsNotWhatTheManifestSays_IsNamed(string name, string? content, string entry) =>
        Assert.Equal(entry, packages.Refuse(await packages.ZipAsync((name, content is null ? null : Encoding.UTF8.GetBytes(content)))).Entry);

    [Fact]
    public async Task Bomb_IsRefusedBeforeItGoesOff()
    {
        var refusal = packages.Refuse(await packages.ZipAsync(("job.json", new byte[64 << 20])));
        Assert.Equal((ImportFault.Size, "job.json"), (refusal.Fault, refusal.Entry));
    }

    // the archive says that it is small, and unpacks to more
    [Fact]
    public async Task Bomb_ThatLies_StopsWhereItShouldEnd()
    {
        var path = await packages.ZipAsync(("job.json", new byte[4 << 20]));
        var bytes = File.ReadAllBytes(path);
        var central = bytes.AsSpan().LastIndexOf("PK\x01\x02"u8);
        for (var at = 0; at < bytes.Length - 4; at++)
            if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)) == 4 << 20) BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), 14);
        Assert.True(central > 0);
        Assert.Equal("job.json", packages.Refuse(Write(bytes)).Entry);
    }

    [Fact]
    public async Task File_LargerThanTheLimit_IsRefused()
    {
        var path = await packages.ExportAsync(ExchangeForm.SafeTensors);
        var length = new FileInfo(path).Length;
        Assert.Equal((ImportFault.Size, "file"), (packages.Refuse(path, new ImportLimits { Bytes = length - 1 }).Fault, packages.Refuse(path, new ImportLimits { Bytes = length - 1 }).Entry));
        packages.Import(path, new ImportLimits { Bytes = length });
    }

    [Fact]
    public async Task Archive_OfTooMuch_IsRefused()
    {
        Assert.Equal(ImportFault.Size, packages.Refuse(await packages.ZipAsync(), new ImportLimits { Entries = 2 }).Fault);
        using var noise = new MemoryStream();
        var chance = new Random(3);
        var bytes = new byte[1 << 20];
        chance.NextBytes(bytes);
        var path = await packages.ZipAsync(("job.json", bytes));
        Assert.Equal((ImportFault.Size, "job.json"), Told(packages.Refuse(path, new ImportLimits { Bytes = new FileInfo(path).Length })));

        static (ImportFault, string) Told(ImportRefusedException refusal) => (refusal.Fault, refusal.Entry);
    }

    [Fact]
    public async Task Link_IsRefused()
    {
        var path = await packages.ZipAsync();
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Update)) zip.GetEntry("job.json")!.ExternalAttributes = unchecked((int)0xA1FF0000);
        Assert.Equal("job.json", packages.Refuse(path).Entry);
    }

    [Fact]
    public async Task Network_OfAnotherShape_NamesTheTensors()
    {
        var refusal = packages.Refuse(await packages.ZipAsync(m => m with { Network = m.Network with { ModelChannels = 16 } }));
        Assert.Equal(Weights, refusal.Entry);
        var other = packages.Refuse(await packages.ZipAsync(m => m with { Network = m.Network with { Classes = 11 }, Labels = null }));
        Assert.Contains("'label_emb.weight' is [11, ", other.Problem, StringComparison.Ordinal);
    }

    // it would need more memory than there is
    [Theory]
    [InlineData(1 << 20, 1)]
    [InlineData(8, 1 << 30)]
    [InlineData(int.MaxValue - 1, int.MaxValue)]
    public async Task Network_OfAnySize_IsNotBuilt(int channels, int blocks)
    {
        var refusal = packages.Refuse(await packages.ZipAsync(m => m with { Network = m.Network with { ModelChannels = channels, ResidualBlocks = blocks, HeadChannels = 1 } }));
        Assert.Contains("the file has", refusal.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x7fc00000u)]
    [InlineData(0x7f800000u)]
    [InlineData(0xff800000u)]
    public async Task Weights_ThatAreNotFinite_NameTheTensor(uint bits)
    {
        var bytes = File.ReadAllBytes(packages.Version.PathOf(Weights));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - 400), bits);
        var refusal = packages.Refuse(await packages.ZipAsync(m => m, bytes));
        Assert.Equal(Weights, refusal.Entry);
        Assert.Contains("has NaN or infinity", refusal.Problem, StringComparison.Ordinal);
    }

    public static TheoryData<string, Func<CheckpointManifest, CheckpointManifest>> Manifests => new()
    {
        { "imageSize", m => m with { Network = m.Network with { ImageSize = 1 << 20 } } },
        { "channels", m => m with { Network = m.Network with { Channels = 4 } } },
        { "schedule", m => m with { Schedule = new ScheduleReference("nobody", 10) } },
        { "schedule", m => m with { Schedule = new ScheduleReference("cosine", int.MaxValue) } },
        { "prediction", m => m with { Prediction = (Prediction)77 } },
        { "labels", m => m with { Labels = ["one"] } },
        { "metrics", m => m with { Metrics = Enumerable.Range(0, 300).ToDictionary(i => $"m{i}", i => 1.0) } },
        { "objective", m => m with { Objective = "a\nb" } },
        { "sampling", m => m with { Sampling = new SamplingDefaults("nobody", 4) } },
        { "sampling", m => m with { Sampling = new SamplingDefaults("dddm", 4) } },
        { "sampling", m => m with { Sampling = new SamplingDefaults("ddim", 0) } },
        { "sampling", m => m with { Sampling = new SamplingDefaults("ddim", 1_000_000) } },
        { "parents", m => m with { Parents = [new("../x", 1, "initial")] } },
        { "files", m => m with { Files = new Dictionary<string, FileDigest> { ["../x"] = new(1, ""), [Weights] = new(1, "") } } },
        { "files", m => m with { Files = new Dictionary<string, FileDigest>() } },
        { "model", m => m with { Model = "../x" } },
    };

    [Theory]
    [MemberData(nameof(Manifests))]
    public async Task Manifest_WithAMemberThatCannotBe_SaysWhich(string member, Func<CheckpointManifest, CheckpointManifest> change)
    {
        var refusal = packages.Refuse(await packages.ZipAsync(change));
        Assert.Equal(CheckpointStore.ManifestFile, refusal.Entry);
        Assert.Contains(member, refusal.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void File_OfAnotherKind_IsRefused()
    {
        Assert.Equal(ImportFault.Form, packages.Refuse(Write("GIF89a and so on"u8.ToArray())).Fault);
        Assert.Equal(ImportFault.Form, packages.Refuse(Write([])).Fault);
        // a safetensors file, and none of ours
        Assert.Contains("diffusion.manifest", packages.Refuse(packages.Version.PathOf(Weights)).Problem, StringComparison.Ordinal);
    }

    private string Write(byte[] content)
    {
        var path = packages["upload"];
        File.WriteAllBytes(path, content);
        return path;
    }
}
