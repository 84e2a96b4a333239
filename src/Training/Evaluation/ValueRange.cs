namespace Diffusion.Training.Evaluation;

/// <summary>The interval over which the 256 levels of a number of an image are spread.</summary>
/// <param name="Low">Where level 0 begins.</param>
/// <param name="High">Where level 255 ends.</param>
internal readonly record struct ValueRange(double Low, double High)
{
    private const int LevelBits = 8;

    /// <summary>That of the images that networks see.</summary>
    public static ValueRange OfImages { get; } = new(-1, 1);

    /// <summary>The density of a level is its mass over its width, so that -log2 of the mass is that of the density and so many bits: 8 - log2(High - Low).</summary>
    public double BitsOfLevel => LevelBits - Math.Log2(High - Low);

    /// <summary>A level with uniform noise within it, Low + (level + u)/256 (High - Low).</summary>
    /// <param name="level">0..255.</param>
    /// <param name="u">0..1.</param>
    public double Place(double level, double u) => Low + (level + u) / (1 << LevelBits) * (High - Low);

    /// <summary>Bits a number of an image with a density: -log2 p / count + 8 - log2(High - Low).</summary>
    /// <param name="log">ln p of the whole image.</param>
    /// <param name="count">How many numbers it has.</param>
    public double BitsPerDim(double log, int count) => BitsOfLevel - log / (count * Math.Log(2));
}
