using System.IO.Compression;
using System.Text;
using Diffusion.Testing;
using Diffusion.Training.Data;
using Diffusion.Training.Sources;

namespace Diffusion.Training.Tests.Data;

public sealed class ArchiveTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("../evil.png", "leaves its folder")]
    [InlineData("a/../../evil.png", "leaves its folder")]
    [InlineData("a/./b.png", "leaves its folder")]
    [InlineData("/etc/evil.png", "absolute")]
    [InlineData("C:/evil.png", "absolute")]
    [InlineData("a\\evil.png", "absolute")]
    [InlineData("a\nb.png", "control character")]
    public void Open_NameThatLeavesTheFolder_IsRefusedByName(string name, string problem)
    {
        var message = Refusal(Zip(z => Add(z, "good.png", [1]), z => Add(z, name, [2])));
        Assert.Contains(problem, message, StringComparison.Ordinal);
        Assert.Contains($"'{name}'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_Link_IsRefused() =>
        Assert.Contains("'to.png' is a link", Refusal(Zip(z => Add(z, "to.png", Encoding.UTF8.GetBytes("/etc/passwd")).ExternalAttributes = unchecked((int)0xA1FF0000))), StringComparison.Ordinal);

    [Fact]
    public void Open_SameNameTwice_IsRefused() => Assert.Contains("'a.png' is there twice", Refusal(Zip(z => Add(z, "a.png", [1]), z => Add(z, "a.png", [2]))), StringComparison.Ordinal);

    [Fact]
    public void Open_Bomb_IsRefusedBeforeItIsUnpacked() =>
        Assert.Contains("'zeros.png' unpacks", Refusal(Zip(z => Add(z, "zeros.png", new byte[4 << 20]))), StringComparison.Ordinal);

    [Fact]
    public void Open_MoreEntriesThanTheLimit_IsRefused() =>
        Assert.Contains("has more than 2 entries", Refusal(Zip(z => Add(z, "a", [1]), z => Add(z, "b", [1]), z => Add(z, "c", [1])), new ImportLimits { Entries = 2 }), StringComparison.Ordinal);

    [Fact]
    public void Open_MoreBytesThanTheLimit_NamesTheEntryThatBreaksIt() =>
        Assert.Contains("'b' brings the unpacked size over 5", Refusal(Zip(z => Add(z, "a", [1, 2, 3]), z => Add(z, "b", [1, 2, 3])), new ImportLimits { TotalBytes = 5 }), StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(60)]
    public void Open_CutShort_IsRefused(int keep)
    {
        var path = Zip(z => Add(z, "a.png", [1, 2, 3]));
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..keep]);
        Assert.Contains("no whole zip file", Refusal(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_LongerThanTheArchiveSays_StopsThere()
    {
        // the directory at the end says 1000 bytes, the stream holds 3000
        var path = Zip(z => Add(z, "a.png", [.. Enumerable.Range(0, 3000).Select(i => (byte)(i * i >> 3))]));
        var bytes = File.ReadAllBytes(path);
        var directory = bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        BitConverter.TryWriteBytes(bytes.AsSpan(directory + 24), 1000);
        File.WriteAllBytes(path, bytes);
        using var archive = new Archive(path, new ImportLimits());
        Assert.Equal(1000, archive.Read("a.png", 1 << 20).Length);
    }

    [Fact]
    public void Read_DamagedBytes_RefusesTheImageAlone()
    {
        var path = Zip(z => Add(z, "a.png", [.. Enumerable.Range(0, 3000).Select(i => (byte)(i * i >> 3))]), z => Add(z, "b.png", [7]));
        var bytes = File.ReadAllBytes(path);
        bytes.AsSpan(40, 200).Fill(0xFF);
        File.WriteAllBytes(path, bytes);
        using var archive = new Archive(path, new ImportLimits());
        Assert.Throws<RefusedImageException>(() => archive.Read("a.png", 1 << 20));
        Assert.Equal([7], archive.Read("b.png", 1 << 20));
    }

    private static string Refusal(string path, ImportLimits? limits = null) => Assert.Throws<DamagedDataException>(() => new Archive(path, limits ?? new ImportLimits())).Message;

    private static ZipArchiveEntry Add(ZipArchive zip, string name, byte[] content)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.SmallestSize);
        using var stream = entry.Open();
        stream.Write(content);
        return entry;
    }

    private string Zip(params Action<ZipArchive>[] entries)
    {
        var path = folder["a.zip"];
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var entry in entries) entry(zip);
        return path;
    }
}
