using System.Buffers.Binary;
using Diffusion.Imaging;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.PixelFormats;

namespace Diffusion.Tests.Imaging;

public sealed class AnimationTests
{
    private static readonly TimeSpan Stay = TimeSpan.FromMilliseconds(80), Last = TimeSpan.FromMilliseconds(1500);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Gif_Frames_DecodeToThePictures(int channels)
    {
        var pictures = Pictures(4, channels);
        using var film = Image.Load<Rgb24>(Animation.Gif(pictures, Stay, Last));
        Assert.Equal(4, film.Frames.Count);
        Assert.Equal(0, film.Metadata.GetGifMetadata().RepeatCount);
        Assert.Equal([8, 8, 8, 150], film.Frames.Select(f => f.Metadata.GetGifMetadata().FrameDelay));
        for (var i = 0; i < 4; i++)
        {
            var frame = new Rgb24[film.Width * film.Height];
            film.Frames[i].CopyPixelDataTo(frame);
            Assert.Equal(Colours(pictures[i]), frame);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Apng_EveryFrame_IsAPngOfItsPicture(int channels)
    {
        var pictures = Pictures(3, channels);
        var chunks = Chunks(Animation.Apng(pictures, Stay, Last));
        Assert.Equal(("acTL", 3, 0), (chunks[1].Type, Number(chunks[1].Data, 0), Number(chunks[1].Data, 4)));
        var controls = chunks.Where(c => c.Type == "fcTL").ToArray();
        Assert.Equal([80, 80, 1500], controls.Select(c => (int)BinaryPrimitives.ReadUInt16BigEndian(c.Data.AsSpan(20))));
        Assert.All(controls, c => Assert.Equal((9, 7, 0, 0, 1000), (Number(c.Data, 4), Number(c.Data, 8), Number(c.Data, 12), Number(c.Data, 16), BinaryPrimitives.ReadUInt16BigEndian(c.Data.AsSpan(22)))));
        // one sequence over both kinds of chunk (PNG specification, third edition, 11.3.6.1)
        var sequence = chunks.Where(c => c.Type is "fcTL" or "fdAT").Select(c => Number(c.Data, 0)).ToArray();
        Assert.Equal(Enumerable.Range(0, sequence.Length), sequence);
        for (var i = 0; i < 3; i++) Assert.Equal(Colours(pictures[i]), Decoded(Still(chunks, i)));
    }

    [Fact]
    public void Apng_ToAReaderOfPlainPng_IsTheFirstPicture()
    {
        var pictures = Pictures(3, 3);
        Assert.Equal(Colours(pictures[0]), Decoded(Animation.Apng(pictures, Stay, Last)));
    }

    [Fact]
    public void Any_NoPicturesOrOfTwoSizes_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => Animation.Gif([], Stay, Last));
        Assert.Throws<ArgumentException>(() => Animation.Apng([.. Pictures(1, 1), .. Pictures(1, 3)], Stay, Last));
    }

    private static Picture[] Pictures(int count, int channels) => [.. Enumerable.Range(0, count).Select(i =>
        new Picture([.. Enumerable.Range(0, 9 * 7 * channels).Select(p => (byte)(p * (2 * i + 1) + 31 * i))], 9, 7, channels))];

    private static Rgb24[] Colours(Picture picture) => [.. Enumerable.Range(0, picture.Width * picture.Height).Select(i => picture.Channels == 1
        ? new Rgb24(picture.Pixels[i], picture.Pixels[i], picture.Pixels[i])
        : new Rgb24(picture.Pixels[3 * i], picture.Pixels[3 * i + 1], picture.Pixels[3 * i + 2]))];

    private static Rgb24[] Decoded(byte[] file)
    {
        using var image = Image.Load<Rgb24>(file);
        var pixels = new Rgb24[image.Width * image.Height];
        image.CopyPixelDataTo(pixels);
        return pixels;
    }

    private static int Number(byte[] data, int at) => BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(at));

    /// <summary>The chunks of a file, whose checks must hold.</summary>
    private static List<(string Type, byte[] Data)> Chunks(byte[] file)
    {
        var chunks = new List<(string, byte[])>();
        for (var at = 8; at < file.Length;)
        {
            var length = Number(file, at);
            Assert.Equal(Crc(file.AsSpan(at + 4, 4 + length)), BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 8 + length)));
            chunks.Add((System.Text.Encoding.ASCII.GetString(file, at + 4, 4), file[(at + 8)..(at + 8 + length)]));
            at += 12 + length;
        }
        Assert.Equal(("IHDR", "IEND"), (chunks[0].Item1, chunks[^1].Item1));
        return chunks;
    }

    /// <summary>The plain PNG of one frame: what every reader of the format has to build.</summary>
    private static byte[] Still(List<(string Type, byte[] Data)> chunks, int frame)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        var at = -1;
        foreach (var (type, data) in chunks)
        {
            if (type == "fcTL") at++;
            else if (type is "IDAT" or "fdAT")
            {
                if (at == frame) Write("IDAT", type == "IDAT" ? data : data[4..]);
            }
            else if (type != "acTL") Write(type, data);
        }
        return file.ToArray();

        void Write(string type, byte[] data)
        {
            byte[] body = [.. System.Text.Encoding.ASCII.GetBytes(type), .. data];
            Span<byte> number = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
            file.Write(number);
            file.Write(body);
            BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
            file.Write(number);
        }
    }

    // bit by bit, as ISO 3309 defines it
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }
}
