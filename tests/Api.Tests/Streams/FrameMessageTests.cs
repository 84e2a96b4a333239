using Diffusion.Api.Streams;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Tests.Streams;

public sealed class FrameMessageTests
{
    [Fact]
    public void Write_AnyFrame_IsTheLayoutOfTheDocumentation()
    {
        var frame = new FrameEvent("gen_x", 2, Sample: 3, Step: 0x0104, Steps: 400, TimeIndex: 0x0203, Width: 2, Height: 1, Channels: 3,
            Noisy: [1, 2, 3, 4, 5, 6], Clean: [11, 12, 13, 14, 15, 16], Memory: [21, 22, 23, 24, 25, 26], Dropped: 0x0506);
        var messages = FrameMessage.KindsOf(frame).Select(k =>
        {
            var message = new byte[FrameMessage.LengthOf(frame)];
            FrameMessage.Write(frame, k.Kind, k.Pixels, message);
            return message;
        }).ToArray();
        byte[] Expected(byte kind, byte first) =>
        [
            1, kind, 3, 0, 2, 0, 1, 0, 3, 0, 0, 0, 4, 1, 0, 0, 3, 2, 0, 0, 6, 5, 0, 0,
            first, (byte)(first + 1), (byte)(first + 2), (byte)(first + 3), (byte)(first + 4), (byte)(first + 5),
        ];
        Assert.Equal([Expected(0, 1), Expected(1, 11), Expected(2, 21)], messages);
    }

    [Fact]
    public void KindsOf_AFrame_AreThoseThatItCarries()
    {
        var frame = new FrameEvent("gen_x", 2, 0, 1, 1, 0, 1, 1, 1, Noisy: null, Clean: null, Memory: [7], Dropped: 0);
        Assert.Equal((byte)2, Assert.Single(FrameMessage.KindsOf(frame)).Kind);
    }
}
