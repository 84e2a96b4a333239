using Diffusion.Imaging;

namespace Diffusion.Training.Data;

/// <summary>The first images of each class as one grid, a row a class.</summary>
internal sealed class ImageSetPreview
{
    private const int Columns = 10, Rows = 20;
    private readonly SortedDictionary<byte, List<Picture>> classes = [];

    /// <summary>That of a set which was written without one.</summary>
    /// <exception cref="DamagedDataException">A file is missing.</exception>
    public static byte[] Of(string folder, ImageSetManifest set)
    {
        var preview = new ImageSetPreview();
        var split = set.Splits.ContainsKey("train") ? "train" : set.Splits.Keys.Order(StringComparer.Ordinal).First();
        var (images, labels) = (Path.Combine(folder, $"{split}.images.u8"), Path.Combine(folder, $"{split}.labels.u8"));
        if (!File.Exists(images) || !File.Exists(labels)) throw new DamagedDataException(folder, $"split '{split}' has no files.");
        var (given, planes) = (File.ReadAllBytes(labels), new byte[set.Channels * set.Height * set.Width]);
        using var file = File.OpenRead(images);
        for (var i = 0; i < given.Length; i++)
        {
            if (!preview.Takes(given[i])) continue;
            file.Position = (long)i * planes.Length;
            if (file.ReadAtLeast(planes, planes.Length, throwOnEndOfStream: false) < planes.Length) throw new DamagedDataException(images, $"it ends within image {i}.");
            preview.Offer(new Picture(Planes.ToPixels(planes, set.Channels), set.Width, set.Height, set.Channels), given[i]);
        }
        return preview.Encode([.. Enumerable.Range(0, 256).Select(l => (byte)l)]);
    }

    /// <summary>Takes an image if there is room for it.</summary>
    public void Offer(Picture picture, byte label)
    {
        if (!Takes(label)) return;
        if (!classes.TryGetValue(label, out var row)) classes[label] = row = [];
        row.Add(picture);
    }

    /// <summary>The grid as PNG.</summary>
    /// <param name="order">The place of each label among the classes.</param>
    public byte[] Encode(byte[] order)
    {
        var rows = classes.OrderBy(c => order[c.Key]).Select(c => c.Value).ToArray();
        var first = rows[0][0];
        var empty = first with { Pixels = new byte[first.Pixels.Length] };
        var cells = rows.SelectMany(row => Enumerable.Range(0, Columns).Select(i => i < row.Count ? row[i] : empty)).ToArray();
        return ImageEncoder.Encode(ImageGrid.Arrange(cells, columns: Columns), "png");
    }

    private bool Takes(byte label) => classes.TryGetValue(label, out var row) ? row.Count < Columns : classes.Count < Rows;
}
