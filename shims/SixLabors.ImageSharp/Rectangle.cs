namespace SixLabors.ImageSharp;

/// <summary>A part of an image, in pixels; X to the right, Y downwards.</summary>
public struct Rectangle : IEquatable<Rectangle>
{
    public Rectangle(int x, int y, int width, int height)
    {
        X = x;
        Y = y;
        Width = width;
        Height = height;
    }

    public int X { readonly get; set; }

    public int Y { readonly get; set; }

    public int Width { readonly get; set; }

    public int Height { readonly get; set; }

    public static bool operator ==(Rectangle left, Rectangle right) => left.Equals(right);

    public static bool operator !=(Rectangle left, Rectangle right) => !left.Equals(right);

    public readonly bool Equals(Rectangle other) => (X, Y, Width, Height) == (other.X, other.Y, other.Width, other.Height);

    public override readonly bool Equals(object? obj) => obj is Rectangle other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(X, Y, Width, Height);

    public override readonly string ToString() => $"Rectangle [ X={X}, Y={Y}, Width={Width}, Height={Height} ]";
}
