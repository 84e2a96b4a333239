using Diffusion.Imaging;
using Diffusion.Testing;
using Diffusion.Training.Data;
using Diffusion.Training.Sources;

namespace Diffusion.Training.Tests.Data;

public sealed class ImageSetImporterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Target => folder["data/set"];

    [Fact]
    public void Import_Colours_AreWrittenPlaneByPlane()
    {
        var pixels = Enumerable.Range(0, 12).Select(i => (byte)(20 * i)).ToArray();
        Import(new ImportSettings { Size = 2 }, Image("a", "x", new Picture(pixels, 2, 2, 3)));
        Assert.Equal([0, 60, 120, 180, 20, 80, 140, 200, 40, 100, 160, 220], File.ReadAllBytes(Path.Combine(Target, "train.images.u8")));
    }

    [Fact]
    public void Import_Pad_PutsTheImageInTheMiddle_AndRefusesLargerOnes()
    {
        var report = Import(new ImportSettings { Size = 4, Channels = 1, Fit = ImageFit.Pad }, Image("a", "x", Flat(2, 9)), Image("b", "x", Flat(5, 9)));
        Assert.Equal([0, 0, 0, 0, 0, 9, 9, 0, 0, 9, 9, 0, 0, 0, 0, 0], File.ReadAllBytes(Path.Combine(Target, "train.images.u8")));
        Assert.Equal(1, report.Manifest.Refused);
        Assert.Contains("\"b\",\"reason\":\"It is 5x5, larger", File.ReadAllText(Path.Combine(Target, ImageSetImporter.RefusedFile)), StringComparison.Ordinal);
    }

    [Fact]
    public void Import_Cover_CutsTheMiddleOut()
    {
        // 6x2: black, white, black squares of 2x2
        var row = new byte[] { 0, 0, 255, 255, 0, 0 };
        Import(new ImportSettings { Size = 2, Channels = 1 }, Image("a", "x", new Picture([.. row, .. row], 6, 2, 1)));
        Assert.Equal([255, 255, 255, 255], File.ReadAllBytes(Path.Combine(Target, "train.images.u8")));
    }

    [Fact]
    public void Import_GreyAsColours_AndBack()
    {
        var colours = PictureReader.Recolour(Flat(1, 77), 3);
        Assert.Equal([77, 77, 77], colours.Pixels);
        // BT.709: 0.2126, 0.7152, 0.0722
        Assert.Equal([182], PictureReader.Recolour(new Picture([0, 255, 0], 1, 1, 3), 1).Pixels);
    }

    [Fact]
    public void Import_ClassesAreSorted_NumbersAsNumbers()
    {
        var report = Import(new ImportSettings { Size = 1, Channels = 1 }, Image("a", "10", Flat(1, 1)), Image("b", "9", Flat(1, 2)), Image("c", "10", Flat(1, 3)));
        Assert.Equal(["9", "10"], report.Manifest.Classes);
        Assert.Equal([1, 0, 1], File.ReadAllBytes(Path.Combine(Target, "train.labels.u8")));
        Assert.Equal([1, 2], report.Manifest.Histogram!["train"]);
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 3)]
    public void Import_Duplicates_AreListed(bool keep, int images)
    {
        var report = Import(new ImportSettings { Size = 1, Channels = 1, KeepDuplicates = keep }, Image("a", "x", Flat(1, 1)), Image("b", "y", Flat(1, 2)), Image("c", "y", Flat(1, 1)));
        Assert.Equal((images, 1), (report.Manifest.Splits["train"], report.Manifest.Duplicates));
        Assert.Equal($$"""{"entry":"c","of":"a","kept":{{(keep ? "true" : "false")}}}""" + "\n", File.ReadAllText(Path.Combine(Target, ImageSetImporter.DuplicatesFile)));
    }

    [Fact]
    public void Import_TestShare_IsDecidedByThePixelsAlone()
    {
        var images = Enumerable.Range(0, 200).Select(i => Image($"{i}", "x", new Picture([(byte)i, 1, 2, 3], 2, 2, 1))).ToArray();
        var settings = new ImportSettings { Size = 2, Channels = 1, TestShare = 0.25 };
        var first = Import(settings, images);
        Assert.InRange(first.Manifest.Splits["test"], 25, 75);
        var test = File.ReadAllBytes(Path.Combine(Target, "test.images.u8")).Chunk(4).Select(p => p[0]).Order().ToArray();
        Directory.Delete(Target, recursive: true);
        Import(settings, [.. images.Reverse()]);
        Assert.Equal(test, File.ReadAllBytes(Path.Combine(Target, "test.images.u8")).Chunk(4).Select(p => p[0]).Order());
    }

    [Fact]
    public void Import_SomeWithoutAClass_AreRefused()
    {
        Assert.Equal(1, Import(new ImportSettings { Size = 1, Channels = 1 }, Image("a", "x", Flat(1, 1)), Image("b", null, Flat(1, 2))).Manifest.Refused);
        Directory.Delete(Target, recursive: true);
        var report = Import(new ImportSettings { Size = 1, Channels = 1 }, Image("a", null, Flat(1, 1)), Image("b", "x", Flat(1, 2)), Image("c", null, Flat(1, 3)));
        Assert.Equal((1, 0, 2), (report.Manifest.Refused, report.Manifest.Classes.Count, report.Manifest.Histogram!["train"][0]));
    }

    [Fact]
    public void Import_SetCanBeOpened_AndItsPreviewShowsEachClass()
    {
        Import(new ImportSettings { Size = 2, Channels = 1 }, Image("a", "y", Flat(2, 255)), Image("b", "x", Flat(2, 0)));
        using var set = ImageSet.Open(Target, "train");
        Assert.Equal((2, 4), (set.Count, set.Pixels));
        var preview = PictureReader.Read(File.ReadAllBytes(Path.Combine(Target, ImageSetImporter.PreviewFile)), 1, 1 << 20);
        // 2 rows of 2x2 pictures with a gap of 2 between: class x is black and first, y white
        Assert.Equal((0, 255), (preview.Pixels[0], preview.Pixels[4 * preview.Width]));
    }

    [Fact]
    public void Import_NothingUsable_LeavesNothingBehind()
    {
        var refusal = Assert.Throws<DamagedDataException>(() => Import(new ImportSettings { Size = 1, Fit = ImageFit.Pad }, Image("big", "x", Flat(2, 1))));
        Assert.Contains("'big'", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder["data"]));
    }

    [Fact]
    public void Import_SourceThatBreaks_LeavesNothingBehind()
    {
        static IEnumerable<SourceImage> Breaking()
        {
            yield return Image("a", "x", Flat(1, 1));
            throw new DamagedDataException("source", "breaks.");
        }
        Assert.Throws<DamagedDataException>(() => new ImageSetImporter(new ImportSettings { Size = 1 }).Import(new Given(Breaking()), Target, null, CancellationToken.None));
        Assert.Empty(Directory.GetFileSystemEntries(folder["data"]));
    }

    [Fact]
    public void Import_Stopped_LeavesNothingBehind()
    {
        using var stop = new CancellationTokenSource();
        var importer = new ImageSetImporter(new ImportSettings { Size = 1, Channels = 1 });
        var source = new Given([Image("a", "x", Flat(1, 1)), Image("b", "x", Flat(1, 2))]);
        Assert.Throws<OperationCanceledException>(() => importer.Import(source, Target, progress => stop.Cancel(), stop.Token));
        Assert.Empty(Directory.GetFileSystemEntries(folder["data"]));
    }

    [Fact]
    public void Import_OtherContentUnderTheSameName_IsRefused()
    {
        var settings = new ImportSettings { Size = 1, Channels = 1 };
        Import(settings, Image("a", "x", Flat(1, 1)));
        Import(settings, Image("a", "x", Flat(1, 1)));
        Assert.Contains("immutable", Assert.Throws<ImageSetExistsException>(() => Import(settings, Image("a", "x", Flat(1, 2)))).Message, StringComparison.Ordinal);
        Assert.Equal([Target], Directory.GetFileSystemEntries(folder["data"]));
    }

    [Fact]
    public void Import_MoreClassesThanALabelHolds_IsRefused()
    {
        var images = Enumerable.Range(0, 257).Select(i => Image($"{i}", $"{i}", new Picture([(byte)i, (byte)(i >> 8), 0, 0], 2, 2, 1))).ToArray();
        Assert.Contains("256", Assert.Throws<DamagedDataException>(() => Import(new ImportSettings { Size = 2, Channels = 1 }, images)).Message, StringComparison.Ordinal);
    }

    private static RawImage Image(string entry, string? label, Picture picture) => new(entry, null, label, picture);

    private static Picture Flat(int side, byte value) => new([.. Enumerable.Repeat(value, side * side)], side, side, 1);

    private ImportReport Import(ImportSettings settings, params SourceImage[] images) => new ImageSetImporter(settings).Import(new Given(images), Target, null, CancellationToken.None);

    /// <summary>A source of images that are there already.</summary>
    private sealed class Given(IEnumerable<SourceImage> images) : IImageSource
    {
        public int? Count => null;

        public IEnumerable<SourceImage> Read(Action<string, string> refuse) => images;

        public void Dispose()
        {
        }
    }
}
