using System.Globalization;
using Diffusion.Imaging;
using Diffusion.Training.Data;

namespace Diffusion.Training.Sources;

/// <summary>The four IDX files of MNIST and of the sets that copy its layout: <c>train-*</c> and <c>t10k-*</c>.</summary>
internal sealed class IdxSource : IImageSource
{
    private const string TrainImages = "train-images-idx3-ubyte";
    private readonly (string Split, string Name, byte[] Pixels, int Count, int Rows, int Columns, byte[] Labels)[] splits;

    /// <exception cref="DamagedDataException">A file is missing, truncated, of another kind, or does not fit its partner.</exception>
    public IdxSource(string folder) => splits = [Read(folder, "train", "train"), Read(folder, "test", "t10k")];

    public int? Count => splits.Sum(s => s.Count);

    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, TrainImages));

    public IEnumerable<SourceImage> Read(Action<string, string> refuse)
    {
        foreach (var s in splits)
            for (var i = 0; i < s.Count; i++)
            {
                var pixels = s.Pixels.AsSpan(i * s.Rows * s.Columns, s.Rows * s.Columns).ToArray();
                yield return new RawImage($"{s.Name}[{i}]", s.Split, s.Labels[i].ToString(CultureInfo.InvariantCulture), new Picture(pixels, s.Columns, s.Rows, 1));
            }
    }

    public void Dispose()
    {
    }

    private static (string, string, byte[], int, int, int, byte[]) Read(string folder, string split, string prefix)
    {
        var (imageFile, labelFile) = (Path.Combine(folder, $"{prefix}-images-idx3-ubyte"), Path.Combine(folder, $"{prefix}-labels-idx1-ubyte"));
        var (pixels, count, rows, columns) = IdxFile.ReadImages(imageFile);
        var labels = IdxFile.ReadLabels(labelFile);
        return labels.Length == count ? (split, Path.GetFileName(imageFile), pixels, count, rows, columns, labels)
            : throw new DamagedDataException(labelFile, $"{labels.Length} labels for {count} images.");
    }
}
