using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.PixelFormats;

namespace Diffusion.Imaging;

/// <summary>Pictures of one size shown one after the other, for ever; the last one stays a while.</summary>
public static class Animation
{
    private const int Hundredth = 100;

    /// <summary>A GIF: exact in grey, and in colour up to 256 of them a frame, else the nearest.</summary>
    /// <param name="pictures">At least one, all of one size.</param>
    /// <param name="stay">How long each stays, in steps of 1/100 s.</param>
    /// <param name="last">How long the last stays.</param>
    /// <exception cref="ArgumentException">No pictures, or of different sizes.</exception>
    public static byte[] Gif(IReadOnlyList<Picture> pictures, TimeSpan stay, TimeSpan last)
    {
        Picture.RequireOneSize(pictures);
        return pictures[0].Channels == 1 ? Gif<L8>(pictures, stay, last) : Gif<Rgb24>(pictures, stay, last);
    }

    /// <summary>An APNG: a PNG of the first picture to those who do not know the rest. Keeps every pixel.</summary>
    /// <inheritdoc cref="Gif(IReadOnlyList{Picture}, TimeSpan, TimeSpan)"/>
    public static byte[] Apng(IReadOnlyList<Picture> pictures, TimeSpan stay, TimeSpan last)
    {
        Picture.RequireOneSize(pictures);
        using var writer = new ApngWriter(pictures.Count);
        for (var i = 0; i < pictures.Count; i++)
            writer.Add(ImageEncoder.Encode(pictures[i], "png"), pictures[i].Width, pictures[i].Height, Milliseconds(i == pictures.Count - 1 ? last : stay));
        return writer.ToFile();

        static ushort Milliseconds(TimeSpan time) => (ushort)Math.Clamp(time.TotalMilliseconds, 0, ushort.MaxValue);
    }

    private static byte[] Gif<TPixel>(IReadOnlyList<Picture> pictures, TimeSpan stay, TimeSpan last)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        using var file = new MemoryStream();
        using var image = Load<TPixel>(pictures[0]);
        foreach (var picture in pictures.Skip(1))
        {
            using var frame = Load<TPixel>(picture);
            image.Frames.AddFrame(frame.Frames.RootFrame);
        }
        for (var i = 0; i < pictures.Count; i++)
            image.Frames[i].Metadata.GetGifMetadata().FrameDelay = (int)((i == pictures.Count - 1 ? last : stay).TotalSeconds * Hundredth);
        image.Metadata.GetGifMetadata().RepeatCount = 0;
        image.SaveAsGif(file, new GifEncoder());
        return file.ToArray();
    }

    private static Image<TPixel> Load<TPixel>(Picture picture)
        where TPixel : unmanaged, IPixel<TPixel> => Image.LoadPixelData<TPixel>(picture.Pixels.AsSpan(), picture.Width, picture.Height);
}
