using Diffusion.Noise;
using Diffusion.Training.Data;
using Diffusion.Training.Objectives;

namespace Diffusion.Training.Loop;

/// <summary>
/// The loss on images that are not trained on: always the same ones, at the same times with the same noise, so that the curve
/// moves only as the weights do. It draws nothing from torch and changes no weight.
/// </summary>
/// <param name="seed">Key of the noise.</param>
/// <param name="images">The images that are not trained on.</param>
/// <param name="batch">How many are evaluated at once.</param>
/// <param name="forward">Null for a classifier, which sees clean images.</param>
internal sealed class Validation(ulong seed, ImageSet images, int batch, ForwardProcess? forward)
{
    /// <summary>Where the images come from.</summary>
    public const string Split = "test";

    /// <summary>How many are looked at; fewer where there are not so many.</summary>
    public const int MostImages = 256;

    /// <summary>Judges the averaged weights.</summary>
    /// <returns>The loss and what else the objective says, each the mean over the images.</returns>
    public IReadOnlyDictionary<string, double> Run(IObjective objective)
    {
        var count = Math.Min(MostImages, images.Count);
        var sums = new Dictionary<string, double> { [MetricsLog.ValidationLoss] = 0 };
        for (var at = 0; at < count; at += batch)
        {
            var part = Assemble(Enumerable.Range(at, Math.Min(batch, count - at)).Select(i => (int)((long)i * images.Count / count)).ToArray());
            var (loss, figures) = objective.Validate(part);
            sums[MetricsLog.ValidationLoss] += loss * part.Count / count;
            foreach (var (name, value) in figures) sums[name] = sums.GetValueOrDefault(name) + value * part.Count / count;
        }
        return sums;
    }

    private TrainingBatch Assemble(int[] indices)
    {
        var pixels = images.Pixels;
        var clean = new float[indices.Length * pixels];
        for (var i = 0; i < indices.Length; i++) images.Read(indices[i], clean.AsSpan(i * pixels, pixels));
        var plain = new TrainingBatch { Step = 0, Epoch = 0, Progress = 0, Indices = indices, Clean = clean, Labels = Array.ConvertAll(indices, i => (long)images.Label(i)) };
        if (forward is null) return plain;
        var (noise, noisy, times) = (new float[clean.Length], new float[clean.Length], new int[indices.Length]);
        for (var i = 0; i < indices.Length; i++)
        {
            SeededNoise.Normal(seed, (uint)indices[i], 0, NoisePurpose.ValidationNoise, noise.AsSpan(i * pixels, pixels));
            times[i] = 1 + (int)(SeededNoise.Uniform(seed, (uint)indices[i], 0, NoisePurpose.ValidationTime) * forward.Schedule.Steps);
            BatchSource.Diffuse(forward.Schedule, times[i], clean.AsSpan(i * pixels, pixels), noise.AsSpan(i * pixels, pixels), noisy.AsSpan(i * pixels, pixels));
        }
        return plain with { Times = times, Noise = noise, Noisy = noisy, Labels = forward.NullLabel is null ? null : plain.Labels };
    }
}
