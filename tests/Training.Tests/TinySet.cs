using Diffusion.Training.Data;

namespace Diffusion.Training.Tests;

/// <summary>An image set of a few 8x8 pictures of two classes: bright above, or bright below.</summary>
internal static class TinySet
{
    public const string Name = "tiny";
    public const int Side = 8, Pixels = Side * Side;

    /// <param name="root">Folder of the image sets.</param>
    /// <param name="name">Of the set.</param>
    /// <param name="train">Images to train on.</param>
    /// <param name="test">Images to judge by.</param>
    /// <param name="side">Width and height.</param>
    /// <param name="classes">Classes; the odd ones are bright below.</param>
    public static string Write(string root, string name = Name, int train = 10, int test = 6, int side = Side, int classes = 2)
    {
        Directory.CreateDirectory(root);
        return ImageSetWriter.Write(root, new ImageSetManifest
        {
            Name = name,
            Channels = 1,
            Height = side,
            Width = side,
            Classes = classes == 2 ? ["above", "below"] : [.. Enumerable.Range(0, classes).Select(c => $"class {c}")],
            Splits = new Dictionary<string, int>(),
            Source = "drawn",
            Terms = "none",
            Files = new Dictionary<string, Checkpoints.FileDigest>(),
        }, [Split("train", train, 1, side, classes), Split("test", test, 2, side, classes)]);
    }

    public static ImageSet Open(string root, string split = "train") => ImageSet.Open(Path.Combine(root, Name), split);

    private static ImageSplit Split(string name, int count, int seed, int side, int classes)
    {
        var random = new Random(seed);
        var size = side * side;
        var (pixels, labels) = (new byte[count * size], new byte[count]);
        for (var i = 0; i < count; i++)
        {
            labels[i] = (byte)(i % classes);
            for (var p = 0; p < size; p++) pixels[i * size + p] = (byte)((p < size / 2) == (labels[i] % 2 == 0) ? random.Next(180, 256) : random.Next(0, 60));
        }
        return new ImageSplit(name, pixels, labels);
    }
}
