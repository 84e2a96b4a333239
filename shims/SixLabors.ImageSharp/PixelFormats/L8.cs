namespace SixLabors.ImageSharp.PixelFormats;

/// <summary>One 8-bit luminance, 0 black to 255 white.</summary>
public struct L8 : IPixel<L8>
{
    public L8(byte luminance) => PackedValue = luminance;

    public byte PackedValue { readonly get; set; }

    public static bool operator ==(L8 left, L8 right) => left.Equals(right);

    public static bool operator !=(L8 left, L8 right) => !left.Equals(right);

    public void FromL8(L8 source) => this = source;

    public void FromRgb24(Rgb24 source) => PackedValue = Luma(source.R, source.G, source.B);

    public void FromRgba32(Rgba32 source) => PackedValue = Luma(source.R, source.G, source.B);

    public readonly void ToRgba32(ref Rgba32 dest) => dest = new Rgba32(PackedValue, PackedValue, PackedValue);

    public readonly bool Equals(L8 other) => PackedValue == other.PackedValue;

    public override readonly bool Equals(object? obj) => obj is L8 other && Equals(other);

    public override readonly int GetHashCode() => PackedValue;

    public override readonly string ToString() => $"L8({PackedValue})";

    private static byte Luma(byte r, byte g, byte b) => (byte)((r * .2126f) + (g * .7152f) + (b * .0722f) + .5f);
}
