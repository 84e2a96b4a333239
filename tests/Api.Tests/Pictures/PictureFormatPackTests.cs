using System.IO.Compression;
using System.Runtime.InteropServices;
using Diffusion.Api.Errors;
using Diffusion.Api.Pictures;
using Diffusion.Imaging;
using Diffusion.Inference.Jobs;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.PixelFormats;

namespace Diffusion.Api.Tests.Pictures;

/// <summary>What is in the files, of pictures whose values are known: colours, sides of two lengths, frames that differ.</summary>
public sealed class PictureFormatPackTests
{
    private static PictureSet Set(
        float[] values, (int Count, int Channels, int Height, int Width) shape, Trajectory? kept = null, GenerationKind kind = GenerationKind.Generation, IReadOnlyList<int?>? labels = null) => new(
        new GenerationFacts("gen_x", kind, "m", 4, "ddim", 5, 9, 1, Determinism.Seeded, []),
        new GenerationResult(values, shape.Count, shape.Channels, shape.Height, shape.Width, labels ?? new int?[shape.Count], 1, 2) { Trajectory = kept }, Scale: 1);

    private static float[] Grey(params byte[] values) => [.. values.Select(Pixels.ToFloat)];

    /// <summary>Two frames of two pictures of one pixel.</summary>
    private static PictureSet Frames(params int[] times) => Set(Grey(30, 40), (2, 1, 1, 1), new Trajectory([2, 5], times, Grey(10, 20, 30, 40), Grey(50, 60, 70, 80), null));

    private static byte[] Entry(ZipArchive archive, string name)
    {
        using var stream = archive.GetEntry(name)!.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static byte Pixel(byte[] png)
    {
        using var image = Image.Load<L8>(png);
        return image[0, 0].PackedValue;
    }

    [Fact]
    public void RawFloats_Colours_StandBesideEachOther()
    {
        var packed = PictureFormat.RawFloats.Pack(Set([.. Enumerable.Range(0, 12).Select(i => (float)i)], (2, 3, 1, 2)));
        Assert.Equal([0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11], MemoryMarshal.Cast<byte, float>(packed).ToArray());
    }

    [Fact]
    public void RawBytes_Frames_AreInTheOrderOfTheKinds() => Assert.Equal([10, 20, 30, 40, 50, 60, 70, 80], PictureFormat.RawBytes.PackFrames(Frames(9, 3)));

    [Fact]
    public void Npz_OfColours_HasTheShapesLabelsAndTimes()
    {
        var values = Enumerable.Range(0, 36).Select(i => Pixels.ToFloat((byte)(7 * i))).ToArray();
        var kept = new Trajectory([2, 5], [90, 10], [.. values, .. values], null, null);
        using var archive = new ZipArchive(new MemoryStream(PictureFormat.Npz.Pack(Set(values, (2, 3, 2, 3), kept, labels: [null, 3]))));
        string Header(string name) => System.Text.Encoding.ASCII.GetString(Entry(archive, name), 10, 80);
        Assert.Contains("'|u1', 'fortran_order': False, 'shape': (2, 2, 3, 3)", Header("images.npy"), StringComparison.Ordinal);
        Assert.Contains("'<f4', 'fortran_order': False, 'shape': (2, 2, 2, 3, 3)", Header("x_t.npy"), StringComparison.Ordinal);
        Assert.Equal([-1, 3], MemoryMarshal.Cast<byte, int>(Entry(archive, "labels.npy").AsSpan()[^8..]).ToArray());
        Assert.Equal([2, 5], MemoryMarshal.Cast<byte, int>(Entry(archive, "steps.npy").AsSpan()[^8..]).ToArray());
        Assert.Equal([90, 10], MemoryMarshal.Cast<byte, int>(Entry(archive, "times.npy").AsSpan()[^8..]).ToArray());
        // the second pixel of the first picture: plane after plane of six
        Assert.Equal([7, 7 * 7, 13 * 7], Entry(archive, "images.npy").AsSpan()[^36..].Slice(3, 3).ToArray());
    }

    [Fact]
    public void Zip_Frames_AreUnderTheNamesOfTheirPictureAndStep()
    {
        var packed = PictureFormat.Zip.Pack(Frames(9, 3));
        using var archive = new ZipArchive(new MemoryStream(packed));
        Assert.Equal((30, 40), (Pixel(Entry(archive, "0000.png")), Pixel(Entry(archive, "0001.png"))));
        Assert.Equal(
            [10, 20, 30, 40, 50, 60, 70, 80],
            new[] { "x_t/0000-step-0002", "x_t/0001-step-0002", "x_t/0000-step-0005", "x_t/0001-step-0005", "x0/0000-step-0002", "x0/0001-step-0002", "x0/0000-step-0005", "x0/0001-step-0005" }
                .Select(n => Pixel(Entry(archive, $"frames/{n}.png"))));
        // no clock in it
        Assert.All(archive.Entries, e => Assert.Equal(new DateTime(1980, 1, 1), e.LastWriteTime.DateTime));
    }

    [Fact]
    public void Film_WhereTimeStands_ShowsTheEstimate()
    {
        static byte[] Corners(PictureSet set) => [.. set.Film().Select(f => f.Pixels[0])];
        Assert.Equal([10, 30], Corners(Frames(9, 3)));
        Assert.Equal([50, 70], Corners(Frames(9, 9)));
    }

    /// <summary>Twenty columns at most, each the nearest frame of its share of the way, the last the last; a line of x_t and one of x0 for each picture.</summary>
    [Theory]
    [InlineData(2, new[] { 0, 1 })]
    [InlineData(20, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 })]
    [InlineData(50, new[] { 1, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 29, 31, 34, 36, 39, 41, 44, 46, 49 })]
    public void Strip_OfFrames_HasALineOfEachKindAndPicture(int frames, int[] columns)
    {
        byte[] Noisy(int picture) => [.. Enumerable.Range(0, frames).Select(f => (byte)(f + 100 * picture))];
        float[] Both(int offset) => Grey([.. Enumerable.Range(0, frames).SelectMany(f => new[] { (byte)(Noisy(0)[f] + offset), (byte)(Noisy(1)[f] + offset) })]);
        var kept = new Trajectory([.. Enumerable.Range(1, frames)], [.. Enumerable.Range(0, frames).Reverse()], Both(0), Both(50), null);
        using var strip = Image.Load<L8>(PictureFormat.Strip.Pack(Set(Grey(0, 0), (2, 1, 1, 1), kept)));
        Assert.Equal((columns.Length * 3 - 2, 4 * 3 - 2), (strip.Width, strip.Height));
        foreach (var (line, offset) in new[] { 0, 50, 100, 150 }.Index())
            Assert.Equal(columns.Select(c => (byte)(c + offset)), columns.Index().Select(c => strip[c.Index * 3, line * 3].PackedValue));
    }

    [Fact]
    public void Gif_Frames_StayAndTheLastStaysLonger()
    {
        using var film = Image.Load<L8>(PictureFormat.Gif.Pack(Frames(9, 3)));
        Assert.Equal([8, 150], film.Frames.Select(f => f.Metadata.GetGifMetadata().FrameDelay));
    }

    [Fact]
    public void Inversion_IsShownFromMinusThreeToThreeDeviations() =>
        Assert.Equal([0, 0, 128, 191, 255, 255], Set([-9, -3, 0, 1.5f, 3, 9], (1, 1, 2, 3), kind: GenerationKind.Inversion).Sheet().Pixels);

    [Fact]
    public void Headers_OfAnInversion_AreItsStatistics()
    {
        var set = Set([-1, 3, 2, 2], (2, 1, 1, 2), kind: GenerationKind.Inversion);
        Assert.Equal([("X-Noise-Mean", "1, 2"), ("X-Noise-Deviation", "2, 0")], StartFigures.Headers(set.Facts, set.Result));
    }

    [Fact]
    public void Headers_OfAReconstruction_AreItsErrors()
    {
        var set = Set([.. Grey(0, 100), -1, -1], (2, 1, 1, 2), kind: GenerationKind.Reconstruction);
        var facts = set.Facts with { Starts = [new ImageStart([0, 100]), new ImageStart([255, 0])] };
        // one of two pixels is off by the whole range: rmse sqrt(1/2), 3.01 dB
        Assert.Equal([("X-Rmse", "0, 0.7071"), ("X-Psnr", "Infinity, 3.0103")], StartFigures.Headers(facts, set.Result));
    }

    [Fact]
    public void PixelLimit_CountsEveryPicture()
    {
        PixelLimit.Check(4, 2048, 2);
        Assert.Equal("scale", Assert.Single(Assert.Throws<RequestRefusedException>(() => PixelLimit.Check(5, 2048, 2)).Errors).Field);
        PixelLimit.Check(1000, 2048, 1);
    }
}
