namespace SixLabors.ImageSharp.Formats;

/// <summary>How to decode.</summary>
public sealed class DecoderOptions
{
    /// <summary>The most frames to decode, at least 1.</summary>
    /// <value><see cref="int.MaxValue"/></value>
    public uint MaxFrames { get; init; } = int.MaxValue;
}
