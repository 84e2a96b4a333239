using Diffusion.Imaging;

namespace Diffusion.Inference.Jobs;

/// <summary>
/// The pictures of one row as they came off the device, [C, H, W] float32. They are encoded when a reader takes them:
/// off the tick thread, and never for a frame that is dropped.
/// </summary>
internal sealed class Frame(int sample, int step, int timeIndex, PictureShape shape, float[]? noisy, float[]? clean)
{
    private byte[]? noisyBytes, cleanBytes;

    public int Sample => sample;

    public FrameEvent Encode(string id, long sequence, int steps, bool wantsNoisy, bool wantsClean, int dropped) => new(
        id, sequence, sample, step, steps, timeIndex, shape.Width, shape.Height, shape.Channels,
        wantsNoisy ? Bytes(ref noisyBytes, noisy) : null,
        wantsClean ? Bytes(ref cleanBytes, clean) : null,
        dropped);

    // two readers may both encode; they write the same bytes
    private byte[]? Bytes(ref byte[]? cached, float[]? values) => values is null ? null : cached ??= Encode(values);

    private byte[] Encode(float[] values)
    {
        var pixels = new byte[values.Length];
        Pixels.Interleave(values, shape.Channels, pixels); // [C, H, W] to [H, W, C]
        return pixels;
    }
}
