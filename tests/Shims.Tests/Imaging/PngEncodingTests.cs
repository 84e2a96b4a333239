using System.Buffers.Binary;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.PixelFormats;

namespace Shims.Tests.Imaging;

public sealed class PngEncodingTests
{
    [Fact]
    public void SaveAsPng_L8_WritesEightBitGrayscale()
    {
        using var image = Noise.Image<L8>(28, 28, 1);

        byte[] file = Save(image, new PngEncoder());

        Assert.Equal(8, file[24]);
        Assert.Equal((byte)PngColorType.Grayscale, file[25]);
        Assert.Equal(Noise.Pixels(image), Noise.Pixels(Image.Load<L8>(file)));
    }

    [Theory]
    [InlineData(PngFilterMethod.None)]
    [InlineData(PngFilterMethod.Sub)]
    [InlineData(PngFilterMethod.Up)]
    [InlineData(PngFilterMethod.Average)]
    [InlineData(PngFilterMethod.Paeth)]
    [InlineData(PngFilterMethod.Adaptive)]
    public void SaveAsPng_AnyFilterAndLevel_ReadsBackTheSame(PngFilterMethod filter)
    {
        foreach (var level in new[] { PngCompressionLevel.NoCompression, PngCompressionLevel.BestSpeed, PngCompressionLevel.BestCompression })
        {
            var encoder = new PngEncoder { FilterMethod = filter, CompressionLevel = level };
            using var rgb = Noise.Image<Rgb24>(17, 5, 2);
            using var rgba = Noise.Image<Rgba32>(3, 9, 3);

            Assert.Equal(Noise.Pixels(rgb), Noise.Pixels(Image.Load<Rgb24>(Save(rgb, encoder))));
            Assert.Equal(Noise.Pixels(rgba), Noise.Pixels(Image.Load<Rgba32>(Save(rgba, encoder))));
        }
    }

    [Fact]
    public void SaveAsPng_ColorTypeAskedFor_IsWritten()
    {
        using var image = Noise.Image<Rgba32>(4, 4, 4);

        foreach (var type in Enum.GetValues<PngColorType>()) Assert.Equal((byte)type, Save(image, new PngEncoder { ColorType = type })[25]);
    }

    [Fact]
    public void SaveAsPng_Chunks_HaveTheSizesAndChecksumsOfTheSpecification()
    {
        using var image = Noise.Image<Rgb24>(6, 7, 5);
        byte[] file = Save(image, new PngEncoder());

        var names = new List<string>();
        for (int position = 8; position < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(position));
            names.Add(System.Text.Encoding.ASCII.GetString(file, position + 4, 4));
            Assert.Equal(PngParts.Crc(file.AsSpan(position + 4, length + 4)), BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(position + 8 + length)));
            position += length + 12;
        }
        Assert.Equal(["IHDR", "IDAT", "IEND"], names);
        Assert.Equal((6, 7), (BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(20))));
    }

    [Fact]
    public async Task SaveAsPngAsync_StreamAndPath_WriteTheSameBytes()
    {
        using var image = Noise.Image<L8>(9, 9, 6);
        using var stream = new MemoryStream();
        string path = Path.Combine(Directory.CreateTempSubdirectory("images").FullName, "picture.png");

        await image.SaveAsPngAsync(stream);
        await image.SaveAsPngAsync(path, CancellationToken.None);

        Assert.Equal(Save(image, new PngEncoder()), stream.ToArray());
        Assert.Equal(stream.ToArray(), await File.ReadAllBytesAsync(path));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => image.SaveAsPngAsync(stream, new CancellationToken(canceled: true)));
    }

    private static byte[] Save(Image image, PngEncoder encoder)
    {
        using var stream = new MemoryStream();
        image.SaveAsPng(stream, encoder);
        return stream.ToArray();
    }
}
