namespace Diffusion.Api.Pictures;

/// <summary>How fast an animation is.</summary>
internal static class Film
{
    /// <summary>Of a frame.</summary>
    public static readonly TimeSpan Stay = TimeSpan.FromMilliseconds(80);

    /// <summary>Of the last one, so that it can be looked at.</summary>
    public static readonly TimeSpan Last = TimeSpan.FromMilliseconds(1500);
}
