namespace SixLabors.ImageSharp.Formats.Png;

/// <summary>The colour types that are written.</summary>
public enum PngColorType : byte
{
    Grayscale = 0,
    Rgb = 2,
    GrayscaleWithAlpha = 4,
    RgbWithAlpha = 6,
}

/// <summary>How a row is predicted before compression.</summary>
public enum PngFilterMethod
{
    None,
    Sub,
    Up,
    Average,
    Paeth,
    Adaptive,
}

/// <summary>zlib's levels.</summary>
public enum PngCompressionLevel
{
    Level0 = 0,
    NoCompression = Level0,
    Level1 = 1,
    BestSpeed = Level1,
    Level2 = 2,
    Level3 = 3,
    Level4 = 4,
    Level5 = 5,
    Level6 = 6,
    DefaultCompression = Level6,
    Level7 = 7,
    Level8 = 8,
    Level9 = 9,
    BestCompression = Level9,
}
