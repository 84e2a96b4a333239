using Diffusion.Testing;
using Diffusion.Training.Data;

namespace Diffusion.Training.Tests.Data;

public sealed class ImageSetTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public ImageSetTests() => TinySet.Write(folder.Path);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Read_EndsOfTheRange_AreMinusOneAndOne()
    {
        var path = folder["tiny/train.images.u8"];
        using var set = TinySet.Open(folder.Path);
        var bytes = File.ReadAllBytes(path);
        var floats = new float[TinySet.Pixels];
        set.Read(3, floats);
        for (var i = 0; i < floats.Length; i++) Assert.Equal(bytes[3 * TinySet.Pixels + i] / 127.5f - 1f, floats[i]);
    }

    [Fact]
    public void Open_ChangedPixel_IsRefusedByDigest()
    {
        var path = folder["tiny/train.images.u8"];
        var bytes = File.ReadAllBytes(path);
        bytes[17] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Contains("SHA-256", Assert.Throws<DamagedDataException>(() => TinySet.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ShortLabels_SaysHowManyBytes()
    {
        File.WriteAllBytes(folder["tiny/test.labels.u8"], [0, 1]);
        Assert.Contains("2 bytes, expected 6", Assert.Throws<DamagedDataException>(() => TinySet.Open(folder.Path, "test")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_UnknownSplit_IsRefused() => Assert.Throws<DamagedDataException>(() => TinySet.Open(folder.Path, "validation"));

    [Fact]
    public void Open_NoSuchSet_SaysToImportIt() =>
        Assert.Contains("import", Assert.Throws<DamagedDataException>(() => ImageSet.Open(folder["nothing"], "train")).Message, StringComparison.Ordinal);
}
