using System.Text.Json;
using Diffusion.Api.Errors;
using Diffusion.Api.Streams;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Tests.Contracts;

public sealed class FrameFieldsTests
{
    private static FrameOptions Read(string json) => StreamCommand.Read(JsonDocument.Parse(json).RootElement).Frames;

    [Fact]
    public void Read_Nothing_IsEveryFrame() => Assert.Equal(new FrameOptions(1, true, true), Read("{}"));

    [Fact]
    public void Read_AllMembers_TakesThem() => Assert.Equal(new FrameOptions(5, false, true), Read("""{ "frames": { "every": 5, "noisy": false, "clean": true } }"""));

    [Fact]
    public void Read_Record_KeepsTheSameStepsOfAllPicturesWithoutARate()
    {
        var command = StreamCommand.Read(JsonDocument.Parse("""{ "frames": { "every": 5, "kinds": ["x0"], "maxFps": 2, "samples": [1], "record": true } }""").RootElement);
        Assert.Equal(new FrameOptions(5, Noisy: false) { MaxFps = 2, Samples = [1] }, command.Frames);
        Assert.Equal(new FrameOptions(5, Noisy: false), command.Request.Record);
    }

    [Theory]
    [InlineData("""{ "frames": 3 }""")]
    [InlineData("""{ "frames": { "every": -1 } }""")]
    [InlineData("""{ "frames": { "every": "1" } }""")]
    [InlineData("""{ "frames": { "noisy": 1 } }""")]
    [InlineData("""{ "frames": { "often": true } }""")]
    public void Read_WrongMember_NamesFrames(string json) =>
        Assert.Equal("frames", Assert.Single(Assert.Throws<RequestRefusedException>(() => Read(json)).Errors).Field);
}
