using System.IO.Compression;
using Diffusion.Imaging;

namespace Diffusion.Training.Tests.Imports;

/// <summary>Zip files of images, made as a user makes them.</summary>
internal static class ZipFiles
{
    /// <summary>Entries by name.</summary>
    public static byte[] Of(params (string Name, byte[] Content)[] entries)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, content) in entries)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(content);
            }
        return file.ToArray();
    }

    /// <summary>Grey squares of two classes, bright above or bright below, no two of them alike.</summary>
    public static byte[] Halves(int count, int side = 8) => Of([.. Enumerable.Range(0, count).Select(i => (i % 2 == 0 ? $"above/{i}.png" : $"below/{i}.png", Half(i, side)))]);

    /// <summary>Images that take a while each, though their files are small.</summary>
    public static byte[] Slow(int count)
    {
        var large = ImageEncoder.Encode(new Picture(new byte[2000 * 2000], 2000, 2000, 1), "png");
        return Of([.. Enumerable.Range(0, count).Select(i => ($"a/{i:D4}.png", large)), ("a/last.png", Half(1, 8))]);
    }

    private static byte[] Half(int number, int side)
    {
        var random = new Random(number);
        var pixels = new byte[side * side];
        for (var p = 0; p < pixels.Length; p++) pixels[p] = (byte)((p < pixels.Length / 2) == (number % 2 == 0) ? random.Next(180, 256) : random.Next(0, 60));
        return ImageEncoder.Encode(new Picture(pixels, side, side, 1), "png");
    }
}
