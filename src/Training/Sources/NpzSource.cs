using System.Globalization;
using Diffusion.Imaging;
using Diffusion.Training.Data;

namespace Diffusion.Training.Sources;

/// <summary>
/// A NumPy archive: images as bytes, [N, H, W], [N, H, W, C] or [N, C, H, W] with C of 1 or 3, and their labels as integers, [N] or [N, 1].
/// </summary>
internal sealed class NpzSource : IImageSource
{
    // the names that are in use: of this project, of Keras, of the ADM sample files
    private static readonly (string? Split, string Images, string Labels)[] Names =
    [
        ("train", "x_train", "y_train"), ("test", "x_test", "y_test"), ("train", "train_images", "train_labels"), ("test", "test_images", "test_labels"),
        (null, "images", "labels"), (null, "arr_0", "arr_1"),
    ];

    private readonly string path;
    private readonly Archive archive;
    private readonly List<(string? Split, string Images, NpyHeader Header, long[]? Labels)> parts = [];

    /// <param name="path">For messages.</param>
    /// <param name="archive">Disposed with this.</param>
    /// <param name="limits">Of the import.</param>
    /// <exception cref="DamagedDataException">Not such an archive; the message names the array.</exception>
    public NpzSource(string path, Archive archive, ImportLimits limits)
    {
        this.path = path;
        this.archive = archive;
        try
        {
            foreach (var (split, images, labels) in Names)
                if (archive.Names.Contains($"{images}.npy")) parts.Add((split, $"{images}.npy", Images($"{images}.npy"), Labels($"{labels}.npy", Header($"{images}.npy").Shape[0], limits)));
            if (parts.Count == 0)
                throw new DamagedDataException(path, $"has no array of images; they are called: {string.Join(", ", Names.Select(n => n.Images))}. It has: {string.Join(", ", archive.Names.Order(StringComparer.Ordinal))}.");
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    public int? Count => parts.Sum(p => p.Header.Shape[0]);

    public IEnumerable<SourceImage> Read(Action<string, string> refuse)
    {
        foreach (var (split, name, header, labels) in parts)
        {
            using var stream = archive.Open(name);
            NpyHeader.Read(stream);
            var (width, height, channels, planes) = Layout(header.Shape);
            for (var i = 0; i < header.Shape[0]; i++)
            {
                var pixels = new byte[width * height * channels];
                Fill(stream, pixels, name, i);
                var picture = new Picture(planes ? Planes.ToPixels(pixels, channels) : pixels, width, height, channels);
                yield return new RawImage($"{name}[{i}]", split, labels?[i].ToString(CultureInfo.InvariantCulture), picture);
            }
        }
    }

    public void Dispose() => archive.Dispose();

    private void Fill(Stream stream, byte[] pixels, string name, int image)
    {
        try
        {
            if (stream.ReadAtLeast(pixels, pixels.Length, throwOnEndOfStream: false) < pixels.Length) throw new DamagedDataException(path, $"array '{name}' ends within image {image}.");
        }
        catch (InvalidDataException)
        {
            throw new DamagedDataException(path, $"array '{name}' cannot be unpacked in image {image}.");
        }
    }

    private static (int Width, int Height, int Channels, bool Planes) Layout(IReadOnlyList<int> shape) => shape switch
    {
        [_, var h, var w] => (w, h, 1, false),
        [_, var h, var w, 1 or 3] => (w, h, shape[3], false),
        [_, _, var h, var w] => (w, h, shape[1], true),
        _ => throw new ArgumentException("no images", nameof(shape)),
    };

    private NpyHeader Images(string name)
    {
        var header = Header(name);
        if (header.Type != "|u1" || header.Shape is not ([_, > 0, > 0] or [_, > 0, > 0, 1 or 3] or [_, 1 or 3, > 0, > 0]) || header.Shape.Skip(1).Aggregate(1L, (a, b) => a * b) > 1 << 30)
            throw new DamagedDataException(path, $"array '{name}' is {header.Type} of {string.Join('x', header.Shape)}; images are |u1 of N x H x W, N x H x W x C or N x C x H x W with C of 1 or 3.");
        return header;
    }

    private long[]? Labels(string name, int count, ImportLimits limits)
    {
        if (!archive.Names.Contains(name)) return null;
        var header = Header(name);
        if (header.Elements != count || header.Shape is not ([_] or [_, 1])) throw new DamagedDataException(path, $"array '{name}' has {string.Join('x', header.Shape)} labels for {count} images.");
        if (header.FileBytes > limits.EntryBytes) throw new DamagedDataException(path, $"array '{name}' has {header.FileBytes} bytes.");
        using var stream = archive.Open(name);
        NpyHeader.Read(stream);
        var (labels, element) = (new long[count], new byte[header.ElementBytes]);
        for (var i = 0; i < count; i++)
        {
            stream.ReadExactly(element);
            labels[i] = header.Number(element);
        }
        return labels;
    }

    private NpyHeader Header(string name)
    {
        try
        {
            using var stream = archive.Open(name);
            var header = NpyHeader.Read(stream);
            return header.FileBytes == archive.LengthOf(name) ? header
                : throw new InvalidDataException($"has {archive.LengthOf(name)} bytes, its header says {header.FileBytes}.");
        }
        catch (Exception wrong) when (wrong is InvalidDataException or EndOfStreamException)
        {
            throw new DamagedDataException(path, $"array '{name}' {wrong.Message}");
        }
    }
}
