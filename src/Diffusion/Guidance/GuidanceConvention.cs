namespace Diffusion.Guidance;

/// <summary>
/// The two published ways to write the strength of classifier-free guidance. They say the same with s = 1 + w; everything behind the
/// request counts in s.
/// </summary>
public enum GuidanceConvention
{
    /// <summary>out = u + s (c - u): 1 is none, 0 forgets the label (most code).</summary>
    S,

    /// <summary>out = (1 + w) c - w u: 0 is none, -1 forgets the label (Ho and Salimans 2022, eq. 6).</summary>
    W,
}

/// <summary>The conventions by the letter that the papers give the strength.</summary>
public static class GuidanceConventions
{
    /// <summary>The names in requests.</summary>
    public static IReadOnlyList<string> Names { get; } = ["s", "w"];

    /// <summary>The convention of that name, or null.</summary>
    public static GuidanceConvention? Find(string name) => name switch
    {
        "s" => GuidanceConvention.S,
        "w" => GuidanceConvention.W,
        _ => null,
    };

    /// <summary>s of a number in this convention.</summary>
    public static double ToScale(this GuidanceConvention convention, double value) =>
        convention == GuidanceConvention.W ? ClassifierFreeGuidance.FromStrength(value) : value;

    /// <summary>What s is in this convention.</summary>
    public static double FromScale(this GuidanceConvention convention, double scale) => convention == GuidanceConvention.W ? scale - 1 : scale;
}
