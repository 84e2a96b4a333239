using System.Globalization;
using System.Security.Cryptography;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace Shims.Tests.Imaging;

/// <summary>Files of tests/fixtures/images and the pixels that their independent writer put into them.</summary>
internal static class Fixtures
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "fixtures", "images");

    /// <summary>By file name; an animation has one entry a frame, in order.</summary>
    public static ILookup<string, Picture> Expected { get; } = File.ReadLines(Path.Combine(Folder, "expected.txt"))
        .Select(line => line.Split(' '))
        .ToLookup(part => part[0], part => new Picture(Number(part[1]), Number(part[2]), part[3]));

    public static TheoryData<string> Names(string extension)
        => [.. Expected.Select(file => file.Key).Where(name => name.EndsWith(extension, StringComparison.Ordinal))];

    public static byte[] Bytes(string name) => File.ReadAllBytes(PathOf(name));

    public static string PathOf(string name) => Path.Combine(Folder, name);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    /// <param name="Width">In pixels.</param>
    /// <param name="Height">In pixels.</param>
    /// <param name="Digest">SHA-256 of the RGBA pixels.</param>
    internal sealed record Picture(int Width, int Height, string Digest)
    {
        public static Picture Of(ImageFrame<Rgba32> frame)
        {
            var pixels = new byte[frame.Width * frame.Height * 4];
            frame.CopyPixelDataTo(pixels);
            return new Picture(frame.Width, frame.Height, Convert.ToHexStringLower(SHA256.HashData(pixels)));
        }
    }
}
