using Diffusion.Imaging;

namespace Diffusion.Inference.Jobs;

/// <summary>
/// The pictures of one row as they came off the device, [C, H, W] float32. They are encoded when a reader takes them:
/// off the tick thread, once for all readers, and never for a frame that is dropped.
/// </summary>
internal sealed class Frame(int sample, int step, int timeIndex, PictureShape shape, float[]? noisy, float[]? clean, float[]? memory)
{
    private byte[]? noisyBytes, cleanBytes, memoryBytes;

    public int Sample => sample;

    public int Step => step;

    /// <summary>Sequence of the lifecycle event before it.</summary>
    public long Sequence { get; set; }

    /// <summary>What it carries.</summary>
    public FrameDemand Kinds { get; } =
        (noisy is null ? 0 : FrameDemand.Noisy) | (clean is null ? 0 : FrameDemand.Clean) | (memory is null ? 0 : FrameDemand.Memory);

    public FrameEvent Encode(string id, int steps, FrameDemand kinds, int dropped) => new(
        id, Sequence, sample, step, steps, timeIndex, shape.Width, shape.Height, shape.Channels,
        kinds.HasFlag(FrameDemand.Noisy) ? Bytes(ref noisyBytes, noisy) : null,
        kinds.HasFlag(FrameDemand.Clean) ? Bytes(ref cleanBytes, clean) : null,
        kinds.HasFlag(FrameDemand.Memory) ? Bytes(ref memoryBytes, memory) : null,
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
