using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing;
using SixLabors.ImageSharp.Processing.Processors.Transforms;

namespace Shims.Tests.Imaging;

public sealed class ProcessingTests
{
    public static TheoryData<string> Smooth => ["bicubic", "lanczos3"];

    [Theory]
    [MemberData(nameof(Smooth))]
    public void Resize_FlatPicture_StaysFlat(string sampler)
    {
        using var image = new Image<Rgb24>(31, 17, new Rgb24(250, 3, 120));

        foreach (var (width, height) in new[] { (7, 5), (64, 64), (1, 1), (31, 40) })
        {
            using var resized = image.Clone(x => x.Resize(width, height, Named(sampler)));
            Assert.Equal((width, height), (resized.Width, resized.Height));
            Assert.All(Noise.Pixels(resized).Chunk(3), pixel => Assert.Equal([250, 3, 120], pixel));
        }
    }

    [Theory]
    [MemberData(nameof(Smooth))]
    public void Resize_ToTheSameSize_ChangesNothing(string sampler)
    {
        using var image = Noise.Image<L8>(13, 9, 1);

        using var resized = image.Clone(x => x.Resize(13, 9, Named(sampler)));

        Assert.Equal(Noise.Pixels(image), Noise.Pixels(resized));
    }

    [Theory]
    [InlineData(0, "bicubic", 5)]
    [InlineData(0, "lanczos3", 5)]
    [InlineData(1, "bicubic", 24)]
    [InlineData(1, "lanczos3", 24)]
    public void Resize_AnyPicture_IsTheDirectSumOverTheKernel(int seed, string sampler, int size)
    {
        using var image = Noise.Image<L8>(11, 14, seed);

        using var resized = image.Clone(x => x.Resize(size, size, Named(sampler)));

        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++) Assert.Equal(Direct(image, x, y, size, sampler), resized[x, y].PackedValue, 0.51);
        }
    }

    [Fact]
    public void Resize_NearestNeighbor_RepeatsAndPicksPixels()
    {
        using var image = Image.LoadPixelData<L8>((byte[])[1, 2, 3, 4], 2, 2);

        using var large = image.Clone(x => x.Resize(4, 4, KnownResamplers.NearestNeighbor));
        using var small = large.Clone(x => x.Resize(2, 2, KnownResamplers.NearestNeighbor));

        Assert.Equal([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4], Noise.Pixels(large));
        Assert.Equal([1, 2, 3, 4], Noise.Pixels(small));
    }

    [Fact]
    public void Resize_BesideTransparentPixels_TakesNoColourFromThem()
    {
        using var image = new Image<Rgba32>(8, 8, new Rgba32(0, 255, 0, 0));
        for (int y = 0; y < 8; y++)
        {
            for (int x = 0; x < 4; x++) image[x, y] = new Rgba32(200, 0, 0, 255);
        }

        image.Mutate(x => x.Resize(3, 3));

        Assert.All(Noise.Pixels(image).Chunk(4).Where(pixel => pixel[3] > 8), pixel => Assert.Equal((200, 0, 0), (pixel[0], pixel[1], pixel[2])));
        Assert.InRange(image[1, 1].A, 100, 155);
    }

    [Fact]
    public void Resize_OneSideZero_FollowsTheOther()
    {
        using var image = new Image<L8>(40, 20);

        image.Mutate(x => x.Resize(10, 0));

        Assert.Equal(new Size(10, 5), image.Size);
        Assert.Throws<ArgumentOutOfRangeException>(() => image.Mutate(x => x.Resize(0, 0)));
    }

    [Theory]
    [InlineData(ResizeMode.Crop, 16, 16)]
    [InlineData(ResizeMode.Max, 16, 8)]
    [InlineData(ResizeMode.Stretch, 16, 16)]
    public void Resize_Mode_GivesItsSize(ResizeMode mode, int width, int height)
    {
        using var image = new Image<L8>(64, 32);

        image.Mutate(x => x.Resize(new ResizeOptions { Size = new Size(16, 16), Mode = mode, Sampler = KnownResamplers.Lanczos3 }));

        Assert.Equal(new Size(width, height), image.Size);
    }

    [Fact]
    public void Resize_Crop_KeepsTheMiddle()
    {
        using var image = new Image<L8>(6, 2);
        for (int y = 0; y < 2; y++)
        {
            for (int x = 0; x < 6; x++) image[x, y] = new L8((byte)(10 * x));
        }

        image.Mutate(x => x.Resize(new ResizeOptions { Size = new Size(2, 2), Sampler = KnownResamplers.NearestNeighbor }));

        Assert.Equal([20, 30, 20, 30], Noise.Pixels(image));
    }

    [Fact]
    public void Crop_AfterResize_WorksOnTheNewSizeInAllFrames()
    {
        using var image = Noise.Image<L8>(4, 4, 3);
        image.Frames.AddFrame(image.Frames.RootFrame);

        image.Mutate(x => x.Resize(8, 8, KnownResamplers.NearestNeighbor).Crop(new Rectangle(2, 4, 3, 2)));

        Assert.All(image.Frames, frame => Assert.Equal((3, 2), (frame.Width, frame.Height)));
        using var original = Noise.Image<L8>(4, 4, 3);
        Assert.Equal(original[1, 2], image[0, 0]);
        Assert.Equal(original[2, 2], image[2, 1]);
    }

    [Theory]
    [InlineData(0, 0, 5, 4)]
    [InlineData(1, 0, 4, 4)]
    [InlineData(-1, 0, 2, 2)]
    [InlineData(0, 0, 0, 2)]
    public void Crop_OutsideOrEmpty_Throws(int x, int y, int width, int height)
    {
        using var image = new Image<L8>(4, 4);

        Assert.ThrowsAny<ArgumentException>(() => image.Mutate(context => context.Crop(new Rectangle(x, y, width, height))));
    }

    private static IResampler Named(string name) => name == "bicubic" ? KnownResamplers.Bicubic : KnownResamplers.Lanczos3;

    // both kernels from their definitions, two-dimensional at once, in double
    private static double Direct(Image<L8> image, int x, int y, int size, string sampler)
    {
        double sum = 0, total = 0, scaleX = Math.Max(1, image.Width / (double)size), scaleY = Math.Max(1, image.Height / (double)size);
        double centerX = ((x + .5) * image.Width / size) - .5, centerY = ((y + .5) * image.Height / size) - .5;
        for (int v = 0; v < image.Height; v++)
        {
            for (int u = 0; u < image.Width; u++)
            {
                double weight = Kernel(sampler, (u - centerX) / scaleX) * Kernel(sampler, (v - centerY) / scaleY);
                sum += weight * image[u, v].PackedValue;
                total += weight;
            }
        }
        return Math.Clamp(sum / total, 0, 255);
    }

    private static double Kernel(string name, double t)
    {
        t = Math.Abs(t);
        if (name == "lanczos3") return t < 1e-9 ? 1 : t < 3 ? 3 * Math.Sin(Math.PI * t) * Math.Sin(Math.PI * t / 3) / (Math.PI * Math.PI * t * t) : 0;
        return t < 1 ? (1.5 * t * t * t) - (2.5 * t * t) + 1 : t < 2 ? (-.5 * t * t * t) + (2.5 * t * t) - (4 * t) + 2 : 0;
    }
}
