namespace Diffusion.Samplers;

/// <summary>Whether x0 is kept in [-1, 1], where images lie (Ho et al. 2020); the formulae of the papers are without.</summary>
internal static class CleanClip
{
    private const string On = "on", Off = "off";

    public static readonly SamplerOption Option = SamplerOption.Choice(
        "clip", [On, Off], "Whether each estimate of the image is clipped to its range before it is used; off follows the formula to the letter.");

    public static bool Clips(SamplingOptions options) => options.Choice(Option) == On;
}
