namespace SixLabors.ImageSharp.Formats.Gif;

/// <summary>How a GIF is played.</summary>
public class GifMetadata
{
    /// <summary>How often the animation runs; 0 means for ever.</summary>
    /// <value>1</value>
    public ushort RepeatCount { get; set; } = 1;

    internal GifMetadata Copy() => new() { RepeatCount = RepeatCount };
}

/// <summary>How one frame of a GIF is shown.</summary>
public class GifFrameMetadata
{
    /// <summary>How long the frame stays, in 1/100 s.</summary>
    public int FrameDelay { get; set; }

    internal GifFrameMetadata Copy() => new() { FrameDelay = FrameDelay };
}
