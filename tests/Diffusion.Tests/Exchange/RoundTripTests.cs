using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Exchange;
using Diffusion.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Tests.Exchange;

public sealed class RoundTripTests(Packages packages) : IClassFixture<Packages>
{
    [Theory]
    [InlineData(ExchangeForm.SafeTensors)]
    [InlineData(ExchangeForm.Zip)]
    public async Task Version_OutAndIn_IsTheSameButForWhereItIs(ExchangeForm form)
    {
        var path = await packages.ExportAsync(form);
        var there = packages.Version;
        var here = packages.Import(path);
        CheckpointStore.Verify(here);
        Assert.Equal(File.ReadAllBytes(there.PathOf(CheckpointVersion.WeightsFile)), File.ReadAllBytes(here.PathOf(CheckpointVersion.WeightsFile)));
        Assert.Equal(form == ExchangeForm.Zip ? ["job.json", "model.safetensors"] : ["model.safetensors"], here.Manifest.Files.Keys.Order());
        Assert.All(here.Manifest.Files, f => Assert.Equal(there.Manifest.Files[f.Key], f.Value));
        var origin = here.Manifest.Origin!;
        Assert.Equal((CheckpointStore.Digest(path), form.Name(), "a file.bin"), (new FileDigest(origin.Bytes, origin.Sha256), origin.Format, origin.Name));
        Assert.Equal((Packages.Model, 2, there.Manifest.Created), (origin.Model, origin.Version, origin.Created));
        Assert.Equal(there.Manifest.Ancestry, origin.Parents);
        Assert.Empty(here.Manifest.Ancestry);
        // all else as it was
        Assert.Equal(Facts(there.Manifest), Facts(here.Manifest));
        Assert.Equal([".lock"], packages.Left());

        static string Facts(CheckpointManifest m) => JsonSerializer.Serialize(
            m with { Model = "", Version = 1, Created = default, Parents = null, Origin = null, Files = new Dictionary<string, FileDigest>() }, ManifestJson.Options);
    }

    [Fact]
    public async Task Network_OutAndIn_AnswersTheSameBits()
    {
        var here = packages.Import(await packages.ExportAsync(ExchangeForm.SafeTensors));
        Assert.Equal(Answer(packages.Version), Answer(here));

        static float[] Answer(CheckpointVersion version)
        {
            using var scope = NewDisposeScope();
            using var denoiser = Denoiser.Load(version, CPU);
            var x = arange(64, ScalarType.Float32).reshape(1, 1, 8, 8).div(64);
            return denoiser.Evaluate(x, tensor([7L]), tensor([3L])).data<float>().ToArray();
        }
    }

    [Theory]
    [InlineData(ExchangeForm.SafeTensors)]
    [InlineData(ExchangeForm.Zip)]
    public async Task Export_Twice_IsTheSameBytesAndAsMeasured(ExchangeForm form)
    {
        var (one, two) = (await packages.ExportAsync(form), await packages.ExportAsync(form));
        Assert.Equal(File.ReadAllBytes(one), File.ReadAllBytes(two));
        var export = new VersionExport(packages.Version, packages.Version.Manifest.Metrics, form);
        Assert.Equal(CheckpointStore.Digest(one), await export.MeasureAsync(CancellationToken.None));
        Assert.NotEqual(export.Tag, new VersionExport(packages.Version, new Dictionary<string, double>(), form).Tag);
    }

    [Fact]
    public async Task Import_OfAVersionThatIsHere_HasItAsItsParent()
    {
        var again = packages.Import(await packages.ExportAsync(ExchangeForm.Zip), store: packages.From);
        Assert.Equal([new LineageLink(Packages.Model, 2, LineageLink.Imported)], again.Manifest.Ancestry);
    }

    [Theory]
    [InlineData(ExchangeForm.SafeTensors)]
    [InlineData(ExchangeForm.Zip)]
    public async Task Export_OfADamagedVersion_Fails(ExchangeForm form)
    {
        var version = packages.From.Publish("torn", _ => packages.Version.Manifest, into =>
            File.Copy(packages.Version.PathOf(CheckpointVersion.WeightsFile), Path.Combine(into, CheckpointVersion.WeightsFile)));
        var path = version.PathOf(CheckpointVersion.WeightsFile);
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        var export = new VersionExport(version, version.Manifest.Metrics, form);
        Assert.Contains("model.safetensors", (await Assert.ThrowsAsync<CheckpointException>(() => export.MeasureAsync(CancellationToken.None))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weights_OfAnotherWriter_GoAsZipOnly()
    {
        // the same header with one more space at its end
        var bytes = File.ReadAllBytes(packages.Version.PathOf(CheckpointVersion.WeightsFile));
        var length = BitConverter.ToInt64(bytes);
        byte[] padded = [.. BitConverter.GetBytes(length + 1), .. bytes.AsSpan(8, (int)length), (byte)' ', .. bytes.AsSpan(8 + (int)length)];
        var version = packages.From.Publish("padded", _ => packages.Version.Manifest, into => File.WriteAllBytes(Path.Combine(into, CheckpointVersion.WeightsFile), padded));
        await Assert.ThrowsAsync<ForeignHeaderException>(() => packages.ExportAsync(ExchangeForm.SafeTensors, version));
        var here = packages.Import(await packages.ExportAsync(ExchangeForm.Zip, version));
        Assert.Equal(padded, File.ReadAllBytes(here.PathOf(CheckpointVersion.WeightsFile)));
    }

    [Fact]
    public void Spool_OfACrash_GoesAtTheNextStart()
    {
        var store = new CheckpointStore(packages["crashed"], TimeProvider.System);
        var left = Path.Combine(store.Root, ".incoming", ".new-0123-version");
        Directory.CreateDirectory(left);
        File.WriteAllText(Path.Combine(left, "upload"), "half");
        using (var live = Spool.Open(store, TimeProvider.System, CancellationToken.None))
        {
            Assert.Equal([".new-0123-version"], store.RemoveLeftovers());
            Assert.True(Directory.Exists(live.Folder));
        }
        Assert.False(Directory.Exists(left));
        Assert.Empty(store.Models());
    }
}
