using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing.Processors.Transforms;

namespace SixLabors.ImageSharp.Processing;

/// <summary>Separable resampling, along the rows and then along the columns, in float with premultiplied alpha.</summary>
internal sealed class ResizeOperation(Size from, Size to, IResampler sampler) : IFrameOperation
{
    private readonly Kernels columns = new(from.Width, to.Width, sampler);
    private readonly Kernels rows = new(from.Height, to.Height, sampler);

    public void Apply<TPixel>(ImageFrame<TPixel> frame)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        int channels = Channels.Of<TPixel>(), line = to.Width * channels;
        var samples = new byte[from.Width * channels];
        var source = new float[samples.Length];
        var wide = new float[checked(from.Height * line)];
        for (int y = 0; y < from.Height; y++)
        {
            Channels.FromPixels<TPixel>(frame.Row(y), channels, samples);
            Premultiply(samples, source, channels);
            columns.Apply(source, channels, wide.AsSpan(y * line, line), channels, channels);
        }
        var resized = new float[checked(to.Height * line)];
        for (int x = 0; x < line; x += channels) rows.Apply(wide.AsSpan(x), line, resized.AsSpan(x), line, channels);

        var pixels = new TPixel[to.Width * to.Height];
        var bytes = new byte[line];
        for (int y = 0; y < to.Height; y++)
        {
            ToBytes(resized.AsSpan(y * line, line), bytes, channels);
            Channels.ToPixels<TPixel>(bytes, channels, pixels.AsSpan(y * to.Width, to.Width));
        }
        frame.Replace(to.Width, to.Height, pixels);
    }

    // a transparent pixel's colour must not bleed into its neighbours
    private static void Premultiply(ReadOnlySpan<byte> samples, Span<float> premultiplied, int channels)
    {
        for (int i = 0; i < samples.Length; i++)
        {
            bool colour = channels == 4 && i % 4 != 3;
            premultiplied[i] = colour ? samples[i] * samples[i | 3] / 255f : samples[i];
        }
    }

    private static void ToBytes(ReadOnlySpan<float> premultiplied, Span<byte> samples, int channels)
    {
        for (int i = 0; i < samples.Length; i++)
        {
            bool colour = channels == 4 && i % 4 != 3;
            float alpha = colour ? premultiplied[i | 3] : 255;
            float value = alpha > 0 ? premultiplied[i] * (255 / alpha) : 0;
            samples[i] = (byte)Math.Clamp(value + .5f, 0, 255);
        }
    }
}
