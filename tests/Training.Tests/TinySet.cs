using Diffusion.Training.Data;

namespace Diffusion.Training.Tests;

/// <summary>An image set of a few 8x8 pictures of two classes: bright above, or bright below.</summary>
internal static class TinySet
{
    public const string Name = "tiny";
    public const int Side = 8, Pixels = Side * Side;

    public static string Write(string root, int train = 10, int test = 6)
    {
        Directory.CreateDirectory(root);
        return ImageSetWriter.Write(root, new ImageSetManifest
        {
            Name = Name,
            Channels = 1,
            Height = Side,
            Width = Side,
            Classes = ["above", "below"],
            Splits = new Dictionary<string, int>(),
            Source = "drawn",
            Terms = "none",
            Files = new Dictionary<string, Checkpoints.FileDigest>(),
        }, [Split("train", train, 1), Split("test", test, 2)]);
    }

    public static ImageSet Open(string root, string split = "train") => ImageSet.Open(Path.Combine(root, Name), split);

    private static ImageSplit Split(string name, int count, int seed)
    {
        var random = new Random(seed);
        var (pixels, labels) = (new byte[count * Pixels], new byte[count]);
        for (var i = 0; i < count; i++)
        {
            labels[i] = (byte)(i % 2);
            for (var p = 0; p < Pixels; p++) pixels[i * Pixels + p] = (byte)((p < Pixels / 2) == (labels[i] == 0) ? random.Next(180, 256) : random.Next(0, 60));
        }
        return new ImageSplit(name, pixels, labels);
    }
}
