using System.Text.Json.Serialization;

namespace Diffusion.Noise;

/// <summary>A way from one x_T to another.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NoisePath>))]
public enum NoisePath
{
    /// <summary>Along the great circle (Shoemake 1985; Song et al. 2021, section D.5): what lies between is as long as its ends, as noise is.</summary>
    [JsonStringEnumMemberName("slerp")] Slerp,

    /// <summary>Along the straight line, which is shorter than noise in the middle.</summary>
    [JsonStringEnumMemberName("lerp")] Lerp,
}

/// <summary>Points on a <see cref="NoisePath"/>.</summary>
public static class NoisePaths
{
    // below, sin theta divides by what rounding left of it
    private const double Parallel = 1e-6;

    /// <summary>
    /// slerp: [sin((1 - u) theta) a + sin(u theta) b] / sin theta with cos theta = a.b / (|a| |b|) over all elements, and
    /// the straight line where sin theta is under 1e-6; lerp: (1 - u) a + u b. In float64, exactly a at 0 and b at 1.
    /// </summary>
    /// <param name="path">Which of them.</param>
    /// <param name="a">The state at 0.</param>
    /// <param name="b">The state at 1, of the same length.</param>
    /// <param name="u">0..1.</param>
    /// <param name="destination">As long as both.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Between(this NoisePath path, ReadOnlySpan<float> a, ReadOnlySpan<float> b, double u, Span<float> destination)
    {
        if (a.Length != b.Length || a.Length != destination.Length)
            throw new ArgumentException($"Lengths differ: {a.Length}, {b.Length}, {destination.Length}.", nameof(destination));
        var (first, second) = path == NoisePath.Slerp ? Weights(Angle(a, b), u) : (1 - u, u);
        if (u is 0 or 1) (first, second) = (1 - u, u);
        for (var i = 0; i < destination.Length; i++) destination[i] = (float)(first * a[i] + second * b[i]);
    }

    private static (double, double) Weights(double angle, double u)
    {
        var sine = Math.Sin(angle);
        return Math.Abs(sine) < Parallel ? (1 - u, u) : (Math.Sin((1 - u) * angle) / sine, Math.Sin(u * angle) / sine);
    }

    private static double Angle(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double product = 0, lengthA = 0, lengthB = 0;
        for (var i = 0; i < a.Length; i++)
        {
            product += (double)a[i] * b[i];
            lengthA += (double)a[i] * a[i];
            lengthB += (double)b[i] * b[i];
        }
        // a state without length has no direction
        return lengthA == 0 || lengthB == 0 ? 0 : Math.Acos(Math.Clamp(product / Math.Sqrt(lengthA * lengthB), -1, 1));
    }
}
