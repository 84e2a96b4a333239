namespace Diffusion.Exchange;

/// <summary>What a file from outside may have.</summary>
public sealed record ImportLimits
{
    /// <summary>Bytes of the file, and of all that it unpacks to.</summary>
    public long Bytes { get; init; } = 1L << 30;

    /// <summary>Entries of an archive.</summary>
    public int Entries { get; init; } = 64;

    /// <summary>How many bytes one packed byte may become.</summary>
    public int Ratio { get; init; } = 200;

    /// <summary>Height and width of the pictures in pixels.</summary>
    public int ImageSize { get; init; } = 1024;
}
