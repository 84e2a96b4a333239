namespace Diffusion.Imaging;

/// <summary>How far a picture is from another, both with values in [-1, 1]; what lies beyond is clamped, as it is in files.</summary>
/// <param name="Rmse">Root of the mean squared difference, as a share of the full range: 0..1.</param>
/// <param name="Psnr">Peak signal-to-noise ratio in dB, -20 log10(rmse); null for equal pictures, where it is infinite.</param>
public sealed record PictureError(double Rmse, double? Psnr)
{
    /// <summary>The error between two pictures of one length.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static PictureError Between(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length || a.IsEmpty) throw new ArgumentException($"Lengths differ or are zero: {a.Length}, {b.Length}.", nameof(b));
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            var difference = (Math.Clamp((double)a[i], -1, 1) - Math.Clamp((double)b[i], -1, 1)) / 2;
            sum += difference * difference;
        }
        var rmse = Math.Sqrt(sum / a.Length);
        return new PictureError(rmse, rmse == 0 ? null : -20 * Math.Log10(rmse));
    }
}
