using System.Buffers.Binary;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Streams;

/// <summary>
/// One kind of one frame as a binary message: a header of 24 bytes, all numbers little-endian, and the pixels as uint8
/// [H, W, C].
/// <code>
/// 0  uint8   1, the version of this layout
/// 1  uint8   kind: 0 x_t, 1 x0, 2 memory
/// 2  uint8   channels
/// 3  uint8   0
/// 4  uint16  width
/// 6  uint16  height
/// 8  uint32  sample, from 0
/// 12 uint32  step, 1..steps
/// 16 uint32  time index that the network was given
/// 20 uint32  frames that this reader missed since its last one
/// </code>
/// </summary>
internal static class FrameMessage
{
    public const int HeaderBytes = 24;

    private const byte Version = 1;

    /// <summary>Bytes of a message.</summary>
    public static int LengthOf(FrameEvent frame) => HeaderBytes + frame.Width * frame.Height * frame.Channels;

    /// <summary>The kinds that a frame carries, as numbers.</summary>
    public static IEnumerable<(byte Kind, byte[] Pixels)> KindsOf(FrameEvent frame)
    {
        if (frame.Noisy is not null) yield return (0, frame.Noisy);
        if (frame.Clean is not null) yield return (1, frame.Clean);
        if (frame.Memory is not null) yield return (2, frame.Memory);
    }

    public static void Write(FrameEvent frame, byte kind, byte[] pixels, Span<byte> message)
    {
        (message[0], message[1], message[2], message[3]) = (Version, kind, (byte)frame.Channels, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(message[4..], (ushort)frame.Width);
        BinaryPrimitives.WriteUInt16LittleEndian(message[6..], (ushort)frame.Height);
        BinaryPrimitives.WriteInt32LittleEndian(message[8..], frame.Sample);
        BinaryPrimitives.WriteInt32LittleEndian(message[12..], frame.Step);
        BinaryPrimitives.WriteInt32LittleEndian(message[16..], frame.TimeIndex);
        BinaryPrimitives.WriteInt32LittleEndian(message[20..], frame.Dropped);
        pixels.CopyTo(message[HeaderBytes..]);
    }
}
