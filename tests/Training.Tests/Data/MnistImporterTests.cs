using System.Buffers.Binary;
using Diffusion.Testing;
using Diffusion.Training.Data;

namespace Diffusion.Training.Tests.Data;

public sealed class MnistImporterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public MnistImporterTests()
    {
        Write("train", 3, 28, 28, [0, 5, 9]);
        Write("t10k", 2, 28, 28, [1, 2]);
    }

    private string Target => folder["data/mnist-32"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Import_GoodFiles_PadsToTheMiddleAndKeepsLabels()
    {
        MnistImporter.Import(folder.Path, Target);
        using var set = ImageSet.Open(Target, "train");
        Assert.Equal((3, 32, 32, 10), (set.Count, set.Manifest.Height, set.Manifest.Width, set.Manifest.Classes.Count));
        Assert.Equal(9, set.Label(2));
        var pixels = new float[1024];
        set.Read(1, pixels);
        Assert.All(Enumerable.Range(0, 32).SelectMany(i => new[] { pixels[i], pixels[32 + i], pixels[31 * 32 + i], pixels[32 * i], pixels[32 * i + 31] }), v => Assert.Equal(-1f, v));
        // image 1, row 3, column 4 of the file
        Assert.Equal(Pixel(1, 3, 4) / 127.5f - 1f, pixels[5 * 32 + 6]);
    }

    [Fact]
    public void Import_Twice_KeepsTheSameSet()
    {
        MnistImporter.Import(folder.Path, Target);
        MnistImporter.Import(folder.Path, Target);
        Assert.Equal(["mnist-32"], Directory.GetFileSystemEntries(folder["data"]).Select(Path.GetFileName));
    }

    [Fact]
    public void Import_OtherContentUnderTheSameName_IsRefused()
    {
        MnistImporter.Import(folder.Path, Target);
        Write("t10k", 2, 28, 28, [1, 3]);
        Assert.Contains("immutable", Assert.Throws<ImageSetExistsException>(() => MnistImporter.Import(folder.Path, Target)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Import_TruncatedImages_NamesTheFile() =>
        Refuses("train-images-idx3-ubyte", bytes => bytes[..^1], "truncated");

    [Fact]
    public void Import_FileShorterThanItsHeader_NamesTheFile() =>
        Refuses("t10k-labels-idx1-ubyte", bytes => bytes[..5], "header");

    [Fact]
    public void Import_WrongMagic_NamesTheFile() =>
        Refuses("train-labels-idx1-ubyte", bytes => [0, 0, 8, 3, .. bytes[4..]], "magic");

    [Fact]
    public void Import_LabelsForOtherCount_NamesTheFile() =>
        Refuses("train-labels-idx1-ubyte", _ => Labels([1, 2]), "2 labels for 3 images");

    [Fact]
    public void Import_LabelOutOfRange_NamesTheLabel() =>
        Refuses("train-labels-idx1-ubyte", _ => Labels([1, 10, 2]), "label 1 is 10");

    [Fact]
    public void Import_MissingFile_NamesIt()
    {
        File.Delete(folder["t10k-images-idx3-ubyte"]);
        Assert.Contains("t10k-images", Assert.Throws<DamagedDataException>(() => MnistImporter.Import(folder.Path, Target)).File, StringComparison.Ordinal);
    }

    private static byte Pixel(int image, int row, int column) => (byte)(image * 50 + row * 3 + column);

    private static byte[] Labels(byte[] labels) => [0, 0, 8, 1, 0, 0, 0, (byte)labels.Length, .. labels];

    private void Refuses(string file, Func<byte[], byte[]> damage, string problem)
    {
        File.WriteAllBytes(folder[file], damage(File.ReadAllBytes(folder[file])));
        var error = Assert.Throws<DamagedDataException>(() => MnistImporter.Import(folder.Path, Target));
        Assert.Equal(folder[file], error.File);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Target));
    }

    private void Write(string prefix, int count, int rows, int columns, byte[] labels)
    {
        var images = new byte[16 + count * rows * columns];
        BinaryPrimitives.WriteInt32BigEndian(images, 0x803);
        BinaryPrimitives.WriteInt32BigEndian(images.AsSpan(4), count);
        BinaryPrimitives.WriteInt32BigEndian(images.AsSpan(8), rows);
        BinaryPrimitives.WriteInt32BigEndian(images.AsSpan(12), columns);
        for (var i = 0; i < count * rows * columns; i++) images[16 + i] = Pixel(i / (rows * columns), i / columns % rows, i % columns);
        File.WriteAllBytes(folder[$"{prefix}-images-idx3-ubyte"], images);
        File.WriteAllBytes(folder[$"{prefix}-labels-idx1-ubyte"], Labels(labels));
    }
}
