namespace Diffusion.Training.Evaluation;

/// <summary>
/// Share of images in which a detector finds at least one object, however many it finds. A detector finds things in noise and misses
/// them in photographs, so a rate means something only beside its calibration.
/// </summary>
/// <param name="Samples">Of the samples.</param>
/// <param name="Real">Of real images: what a perfect generator would reach.</param>
/// <param name="Noise">Of Gaussian noise: what nothing at all reaches.</param>
internal sealed record DetectionRate(double Samples, double Real, double Noise)
{
    /// <param name="confidences">The confidences of what was found in each image; none for nothing.</param>
    /// <param name="threshold">The lowest that counts.</param>
    public static double Of(IReadOnlyList<IReadOnlyList<float>> confidences, double threshold) =>
        confidences.Count == 0 ? 0 : (double)confidences.Count(image => image.Any(c => c >= threshold)) / confidences.Count;
}
