using System.Buffers.Binary;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace Shims.Tests.Imaging;

/// <summary>Whatever a file holds, decoding ends in an image or in <see cref="ImageFormatException"/>, at a bounded cost.</summary>
public sealed class DamagedFileTests
{
    /// <summary>Fourteen files, so 14 000 mutations.</summary>
    private const int Mutations = 1000;

    private const long SmallAllocation = 4 << 20;

    public static TheoryData<string> Files => Seeds.Names;

    [Theory]
    [MemberData(nameof(Files))]
    public void Load_Undamaged_GivesAnImage(string name)
    {
        using var image = Image.Load<Rgba32>(Seeds.Bytes(name));

        Assert.InRange(image.Width * image.Height, 1, 4096);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Load_SeededMutations_GiveAnImageOrAFormatException(string name)
    {
        byte[] seed = Seeds.Bytes(name);
        int refused = 0;
        for (int n = 0; n < Mutations; n++)
        {
            byte[] file = Mutation.Of(seed, new Random(n));
            if (n % 2 == 0 && name.EndsWith(".png", StringComparison.Ordinal)) PngParts.RepairChecksums(file);
            if (Refuses(file)) refused++;
        }

        Assert.InRange(refused, Mutations / 20, Mutations);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Load_Truncated_IsRefused(string name)
    {
        byte[] seed = Seeds.Bytes(name);

        for (int length = 0; length < seed.Length; length++) Assert.True(Refuses(seed[..length]), $"{length} of {seed.Length} bytes were accepted");
    }

    [Theory]
    [InlineData("")]
    [InlineData("BM")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'/>")]
    public void Load_NoKnownFormat_IsUnknown(string text)
    {
        byte[] file = System.Text.Encoding.ASCII.GetBytes(text);

        Assert.Throws<UnknownImageFormatException>(() => Image.Load<L8>(file));
        Assert.Throws<UnknownImageFormatException>(() => Image.Identify(file));
    }

    [Fact]
    public void Load_HugeDimensions_AreRefusedBeforeAnythingIsAllocated()
    {
        byte[] jpeg = Seeds.Bytes("color.jpg"), gif = Seeds.Bytes("written.gif"), webp = Seeds.Bytes("animated.webp");
        BinaryPrimitives.WriteUInt32BigEndian(jpeg.AsSpan(jpeg.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]) + 5), 0xFFDC_FFDC);
        gif.AsSpan(6, 4).Fill(0xFF);
        webp.AsSpan(24, 6).Clear();
        (webp[24], webp[25], webp[27], webp[28]) = (0xFE, 0x3F, 0xFE, 0x3F);
        byte[][] files =
        [
            PngParts.File(PngParts.Header(int.MaxValue, int.MaxValue, 16, 6), PngParts.Chunk("IDAT", PngParts.Zeros(1000))),
            PngParts.File(PngParts.Header(8192, 8192, 8, 2), PngParts.Chunk("IDAT", PngParts.Zeros(1000))),
            PngParts.File(PngParts.Header(1 << 20, 4, 8, 2), PngParts.Chunk("IDAT", PngParts.Zeros(1000))),
            jpeg,
            gif,
            webp,
        ];

        foreach (var file in files)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<InvalidImageContentException>(() => Image.Load<Rgba32>(file));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, SmallAllocation);
        }
    }

    [Fact]
    public void Load_DataThatInflateFarBeyondTheImage_CostNoMoreThanTheImage()
    {
        byte[] bomb = PngParts.File(PngParts.Header(16, 16, 8, 0), PngParts.Chunk("IDAT", PngParts.Zeros(1L << 26)));

        long before = GC.GetAllocatedBytesForCurrentThread();
        using var image = Image.Load<L8>(bomb);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, SmallAllocation);
        Assert.Equal(16, image.Width);
    }

    [Fact]
    public void Load_EndlessStream_IsRefused()
    {
        using var stream = new Endless();

        Assert.Throws<InvalidImageContentException>(() => Image.Load<L8>(stream));
    }

    [Fact]
    public void Load_FrameAfterFrame_SharesOneBudget()
    {
        // every frame is a few bytes: one pixel of a large canvas
        byte[] frame = [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0x80, 0, 0, 0, 9, 9, 9, 2, 2, 0x44, 0x01, 0];
        byte[] head = [.. "GIF89a"u8, 0xE8, 0x03, 0xE8, 0x03, 0, 0, 0];
        byte[] one = [.. head, .. frame, 0x3B];
        byte[] many = [.. head, .. Enumerable.Repeat(frame, 100).SelectMany(bytes => bytes), 0x3B];

        using var image = Image.Load<Rgba32>(one);

        Assert.Equal((1000, 1000), (image.Width, image.Height));
        Assert.Throws<InvalidImageContentException>(() => Image.Load<Rgba32>(many));
    }

    private static bool Refuses(byte[] file)
    {
        bool refused = false;
        try
        {
            using var image = Image.Load<Rgba32>(file);
        }
        catch (ImageFormatException)
        {
            refused = true;
        }
        try
        {
            Image.Identify(file);
        }
        catch (ImageFormatException)
        {
            refused = true;
        }
        return refused;
    }

    private sealed class Endless : MemoryStream
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => buffer.Length;
    }
}
