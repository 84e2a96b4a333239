using System.Buffers.Binary;
using System.IO.Compression;
using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp.Formats.Png;

/// <summary>Writes the first frame as PNG, 8 bits a sample.</summary>
public class PngEncoder : QuantizingImageEncoder
{
    /// <value>The one that fits the pixel type: grayscale for <see cref="L8"/>, RGB, or RGB with alpha.</value>
    public PngColorType? ColorType { get; init; }

    /// <value><see cref="PngFilterMethod.None"/>: flat pictures pack better without prediction.</value>
    public PngFilterMethod? FilterMethod { get; init; }

    /// <value><see cref="PngCompressionLevel.DefaultCompression"/></value>
    public PngCompressionLevel CompressionLevel { get; init; } = PngCompressionLevel.DefaultCompression;

    protected override void Encode<TPixel>(Image<TPixel> image, Stream stream, CancellationToken cancellationToken)
    {
        var type = ColorType ?? Channels.Of<TPixel>() switch { 1 => PngColorType.Grayscale, 3 => PngColorType.Rgb, _ => PngColorType.RgbWithAlpha };
        int channels = type switch { PngColorType.Grayscale => 1, PngColorType.GrayscaleWithAlpha => 2, PngColorType.Rgb => 3, _ => 4 };

        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], image.Height);
        header[8] = 8;
        header[9] = (byte)type;
        header[10..].Clear();

        stream.Write(PngChunk.Signature);
        PngChunk.Write(stream, PngChunk.Header, header);
        PngChunk.Write(stream, PngChunk.Data, Compress(image.Frames.RootFrame, channels, cancellationToken));
        PngChunk.Write(stream, PngChunk.End, []);
    }

    private ReadOnlySpan<byte> Compress<TPixel>(ImageFrame<TPixel> frame, int channels, CancellationToken cancellationToken)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        int length = checked(frame.Width * channels);
        byte[] row = new byte[length], above = new byte[length], filtered = new byte[length + 1], trial = new byte[length + 1];
        using var packed = new MemoryStream();
        var level = new ZLibCompressionOptions { CompressionLevel = Math.Clamp((int)CompressionLevel, 0, 9) };
        using (var zlib = new ZLibStream(packed, level, leaveOpen: true))
        {
            for (int y = 0; y < frame.Height; y++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Channels.FromPixels(frame.Row(y), channels, row);
                Filter(row, above, channels, ref filtered, ref trial);
                zlib.Write(filtered);
                (row, above) = (above, row);
            }
        }
        return packed.GetBuffer().AsSpan(0, (int)packed.Length);
    }

    private void Filter(byte[] row, byte[] above, int unit, ref byte[] best, ref byte[] trial)
    {
        var method = FilterMethod ?? PngFilterMethod.None;
        int first = method == PngFilterMethod.Adaptive ? 0 : (int)method;
        int last = method == PngFilterMethod.Adaptive ? Filters.Count - 1 : first;
        long bestCost = long.MaxValue;
        for (int filter = first; filter <= last; filter++)
        {
            trial[0] = (byte)filter;
            Filters.Apply(filter, row, above, unit, trial.AsSpan(1));
            long cost = first == last ? 0 : Filters.Cost(trial.AsSpan(1));
            if (cost >= bestCost) continue;
            bestCost = cost;
            (best, trial) = (trial, best);
        }
    }
}
