using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Pictures;

/// <summary>Pixels of one answer, so that a scale cannot ask for gigabytes.</summary>
internal static class PixelLimit
{
    private const long Most = 1 << 26;

    /// <param name="count">Pictures, frames counted.</param>
    /// <param name="size">Longer side of one, in pixels.</param>
    /// <param name="scale">Magnification.</param>
    /// <exception cref="RequestRefusedException">Too many.</exception>
    public static void Check(int count, int size, int scale)
    {
        var side = (long)size * scale;
        if (scale > 1 && side * side * count > Most)
            throw RequestRefusedException.Invalid([new FieldError("scale", $"{count} pictures of {side}x{side} pixels are more than {Most} pixels; take a smaller scale or n.")]);
    }
}
