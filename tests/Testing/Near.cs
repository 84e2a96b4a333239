using System.Globalization;

namespace Diffusion.Testing;

/// <summary>Comparison with a relative tolerance; for figures that are given to so many digits.</summary>
public static class Near
{
    /// <summary>Throws unless |actual - expected| is at most <paramref name="relative"/> of |expected|.</summary>
    public static void Relative(double expected, double actual, double relative, string? what = null)
    {
        // written so that NaN fails
        if (!(Math.Abs(actual - expected) <= relative * Math.Abs(expected)))
            throw new ArithmeticException(string.Create(CultureInfo.InvariantCulture, $"{what}: expected {expected:R} within {relative:R} of it, got {actual:R}."));
    }

    /// <summary>Throws unless |actual - expected| is at most <paramref name="absolute"/>.</summary>
    public static void Absolute(double expected, double actual, double absolute, string? what = null)
    {
        if (!(Math.Abs(actual - expected) <= absolute))
            throw new ArithmeticException(string.Create(CultureInfo.InvariantCulture, $"{what}: expected {expected:R} within {absolute:R}, got {actual:R}."));
    }
}
