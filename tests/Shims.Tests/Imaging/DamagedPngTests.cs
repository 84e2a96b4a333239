using System.IO.Compression;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace Shims.Tests.Imaging;

/// <summary>PNG files with right checksums around contents that the specification forbids.</summary>
public sealed class DamagedPngTests
{
    private static readonly byte[] Header = PngParts.Header(2, 1, 8, 3);
    private static readonly byte[] Palette = PngParts.Chunk("PLTE", [1, 2, 3, 4, 5, 6]);
    private static readonly byte[] Data = Rows(0, 0, 1);

    private static readonly Dictionary<string, byte[]> Damaged = new()
    {
        ["no palette"] = PngParts.File(Header, Data),
        ["palette of seven bytes"] = PngParts.File(Header, PngParts.Chunk("PLTE", [1, 2, 3, 4, 5, 6, 7]), Data),
        ["index outside the palette"] = PngParts.File(Header, Palette, Rows(0, 0, 2)),
        ["more alphas than colours"] = PngParts.File(Header, Palette, PngParts.Chunk("tRNS", [1, 2, 3]), Data),
        ["filter five"] = PngParts.File(Header, Palette, Rows(5, 0, 1)),
        ["too few rows"] = PngParts.File(PngParts.Header(2, 2, 8, 3), Palette, Data),
        ["no data"] = PngParts.File(Header, Palette),
        ["data that are not zlib"] = PngParts.File(Header, Palette, PngParts.Chunk("IDAT", [1, 2, 3, 4, 5, 6, 7, 8, 9])),
        ["data interrupted"] = PngParts.File(Header, Palette, Data, PngParts.Chunk("tEXt", []), Data),
        ["three bits"] = PngParts.File(PngParts.Header(2, 1, 3, 0), Data),
        ["colour type five"] = PngParts.File(PngParts.Header(2, 1, 8, 5), Data),
        ["no width"] = PngParts.File(PngParts.Header(0, 1, 8, 0), Data),
        ["unknown critical chunk"] = PngParts.File(Header, Palette, PngParts.Chunk("NEWS", []), Data),
        ["header not first"] = PngParts.File(Palette, Header, Data),
        ["header checksum"] = WrongChecksum(PngParts.File(Header, Palette, Data), 8 + Header.Length - 1),
        ["data checksum"] = WrongChecksum(PngParts.File(Header, Palette, Data), 8 + Header.Length + Palette.Length + Data.Length - 1),
    };

    public static TheoryData<string> Names => [.. Damaged.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Load_ForbiddenContent_IsRefused(string name)
        => Assert.Throws<InvalidImageContentException>(() => Image.Load<Rgba32>(Damaged[name]));

    [Fact]
    public void Load_TheSameFileUndamaged_GivesItsPixels()
    {
        using var image = Image.Load<Rgb24>(PngParts.File(Header, Palette, PngParts.Chunk("tEXt", []), Data));

        Assert.Equal([1, 2, 3, 4, 5, 6], Noise.Pixels(image));
    }

    private static byte[] Rows(params byte[] raw)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true)) zlib.Write(raw);
        return PngParts.Chunk("IDAT", packed.ToArray());
    }

    private static byte[] WrongChecksum(byte[] file, int position)
    {
        file[position] ^= 1;
        return file;
    }
}
