using System.IO.Compression;
using System.Text;
using Diffusion.Imaging;
using Diffusion.Testing;
using Diffusion.Training.Data;
using Diffusion.Training.Sources;

namespace Diffusion.Training.Tests.Data;

public sealed class SourceTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("cats/1.png", null, "cats")]
    [InlineData("train/cats/1.png", "train", "cats")]
    [InlineData("val/cats/black/1.png", "validation", "cats/black")]
    [InlineData("Test/1.png", "test", null)]
    [InlineData("1.png", null, null)]
    public void Meaning_OfAName(string entry, string? split, string? label) => Assert.Equal((split, label), EntryNames.Meaning(entry));

    [Theory]
    [InlineData("set/cats/1.png set/dogs/2.png", "set/")]
    [InlineData("set/1.png set/labels.csv", "set/")]
    [InlineData("cats/1.png cats/2.png", "")]
    [InlineData("train/cats/1.png train/dogs/1.png", "")]
    [InlineData("a/x/1.png b/x/1.png", "")]
    [InlineData("1.png a/2.png", "")]
    public void CommonRoot_IsAFolderThatSaysNothing(string entries, string root) => Assert.Equal(root, EntryNames.CommonRoot(entries.Split(' ')));

    [Fact]
    public void Folder_NamesFoldersAsClasses_AndSaysWhatItLeavesOut()
    {
        Write("set/b/1.png", Png(1));
        Write("set/a/2.JPG", Png(2));
        Write("set/notes.txt", [1]);
        Write("set/.DS_Store", [1]);
        File.CreateSymbolicLink(folder["set/a/3.png"], folder["set/b/1.png"]);
        var (images, refused) = Read(folder["set"]);
        Assert.Equal([("a/2.JPG", null, "a"), ("b/1.png", null, "b")], images);
        Assert.Equal(["a/3.png", "notes.txt"], refused.Keys.Order());
        Assert.Contains("link", refused["a/3.png"], StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_WithLabels_TakesItsClassesFromThem()
    {
        Write("set/labels.csv", "file,split,label\n1.png,train,\"short, black\"\n2.png,,long\n4.png,test,long\n");
        foreach (var i in Enumerable.Range(1, 3)) Write($"set/{i}.png", Png(i));
        var (images, refused) = Read(folder["set"]);
        Assert.Equal([("1.png", "train", "short, black"), ("2.png", null, "long")], images);
        Assert.Equal(["3.png", "4.png"], refused.Keys.Order());
    }

    [Theory]
    [InlineData("name,label\na,b\n", "no column 'file'")]
    [InlineData("file,label\na,b,c\n", "line 2 has 3 fields")]
    [InlineData("file,label\na,b\na,c\n", "line 3 names 'a' again")]
    [InlineData("file,label\na,\n", "line 2 has no label")]
    [InlineData("file,label\n\"a,b\n", "line 2")]
    public void LabelTable_Damaged_NamesTheLine(string csv, string problem)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(csv));
        Assert.Contains(problem, Assert.Throws<DamagedDataException>(() => LabelTable.Read(stream, "labels.csv")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Zip_IsReadLikeAFolder()
    {
        var path = folder["set.zip"];
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
            foreach (var name in new[] { "set/", "set/b/1.png", "set/a/2.png", "__MACOSX/set/._1.png" })
            {
                using var stream = zip.CreateEntry(name).Open();
                if (!name.EndsWith('/')) stream.Write(Png(name.Length));
            }
        Assert.Equal([("set/a/2.png", null, "a"), ("set/b/1.png", null, "b")], Read(path).Images);
    }

    // written by numpy: tests/fixtures/npz.py
    [Fact]
    public void Npz_WrittenByNumPy_GivesItsPixels()
    {
        using var source = ImageSources.Open(Repository.Path("tests/fixtures/npz", "images.npz"), new ImportLimits());
        var images = source.Read((entry, reason) => Assert.Fail($"{entry}: {reason}")).Cast<RawImage>().ToArray();
        Assert.Equal(5, source.Count);
        Assert.Equal(["7", "-2", "7", "0", "1"], images.Select(i => i.Label));
        Assert.Equal(["train", "train", "train", "test", "test"], images.Select(i => i.Split));
        // x_train is [3, 4, 5, 3] with the values 0, 1, 2, ...; x_test is [2, 3, 4, 5], its planes turned to pixels
        Assert.Equal((5, 4, 3), (images[0].Pixels.Width, images[0].Pixels.Height, images[0].Pixels.Channels));
        Assert.Equal([.. Enumerable.Range(60, 60).Select(v => (byte)v)], images[1].Pixels.Pixels);
        Assert.Equal([0, 20, 40, 1, 21, 41], images[3].Pixels.Pixels[..6]);
    }

    [Theory]
    [InlineData("float.npz", "'images.npy' is of an element type")]
    [InlineData("labels.npz", "'labels.npy' has 2 labels for 3 images")]
    [InlineData("none.npz", "has no array of images")]
    [InlineData("shape.npz", "'images.npy' is |u1 of 3x4x5x2")]
    public void Npz_OfAnotherKind_NamesTheArray(string file, string problem) =>
        Assert.Contains(problem, Assert.Throws<DamagedDataException>(() => ImageSources.Open(Repository.Path("tests/fixtures/npz", file), new ImportLimits())).Message, StringComparison.Ordinal);

    [Fact]
    public void ClassJson_LeavesOutRowsThatAreNoImage()
    {
        Write("json/0.json", """{"data":[[0,1,2,255],[],[1,2,3],[0,0,0,256]]}""");
        Write("json/10.json", """{"data":[[9,9,9,9]]}""");
        Write("json/2.json", """{"data":[[8,8,8,8]]}""");
        var (images, refused) = Read(folder["json"]);
        Assert.Equal([("0.json[0]", null, "0"), ("2.json[0]", null, "2"), ("10.json[0]", null, "10")], images);
        Assert.Equal(["0.json[1]", "0.json[2]", "0.json[3]"], refused.Keys.Order());
    }

    [Fact]
    public void ClassJson_Damaged_NamesTheFile()
    {
        Write("json/0.json", """{"data":[[0,1,""");
        Write("json/1.json", """{"data":[]}""");
        Assert.Contains("0.json", Assert.Throws<DamagedDataException>(() => Read(folder["json"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AnythingElse_SaysWhatCanBeImported()
    {
        Write("set.tar", "x");
        Assert.Contains("zip file of PNG", Assert.Throws<DamagedDataException>(() => ImageSources.Open(folder["set.tar"], new ImportLimits())).Message, StringComparison.Ordinal);
    }

    private static ((string Entry, string? Split, string? Label)[] Images, Dictionary<string, string> Refused) Read(string path)
    {
        using var source = ImageSources.Open(path, new ImportLimits());
        var refused = new Dictionary<string, string>(StringComparer.Ordinal);
        var images = source.Read(refused.Add).Select(i => (i.Entry, i.Split, i.Label)).ToArray();
        if (source.Count is { } count) Assert.InRange(images.Length, 0, count);
        return (images, refused);
    }

    private static byte[] Png(int seed)
    {
        var pixels = new byte[16];
        new Random(seed).NextBytes(pixels);
        return ImageEncoder.Encode(new Picture(pixels, 4, 4, 1), "png");
    }

    private void Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    private void Write(string name, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        File.WriteAllBytes(folder[name], content);
    }
}
