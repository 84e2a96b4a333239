using System.Globalization;
using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Schedules;
using Diffusion.Training.Data;
using Diffusion.Training.Loop;
using static TorchSharp.torch;

namespace Diffusion.Training.Evaluation;

/// <summary>How often a noisy classifier is right at each noise level: nearly always at t = 1, by chance at t = T.</summary>
internal static class NoisyAccuracy
{
    private const int MostImages = 1000, Batch = 100, Levels = 10;

    /// <summary>The times that are looked at: 1, T/10, 2T/10 .. T.</summary>
    public static IReadOnlyList<int> Times(int steps) => [.. Enumerable.Range(0, Levels + 1).Select(i => Math.Max(1, i * steps / Levels)).Distinct()];

    /// <summary>Name of the figure at t, such as <c>accuracy.t0500</c>.</summary>
    public static string Name(int t) => string.Create(CultureInfo.InvariantCulture, $"accuracy.t{t:D4}");

    /// <summary>Share of the images whose class it names, by <see cref="Name"/>; the same images with the same noise at every level.</summary>
    public static SortedDictionary<string, double> Measure(NoisyClassifier classifier, NoiseSchedule schedule, ImageSet images, ulong seed, Device device)
    {
        var count = Math.Min(MostImages, images.Count);
        var found = new SortedDictionary<string, double>(StringComparer.Ordinal);
        var training = classifier.training;
        classifier.eval();
        foreach (var t in Times(schedule.Steps))
        {
            var right = 0L;
            for (var first = 0; first < count; first += Batch) right += Right(classifier, schedule, t, images, [.. Enumerable.Range(first, Math.Min(Batch, count - first))], seed, device);
            found[Name(t)] = (double)right / count;
        }
        classifier.train(training);
        return found;
    }

    private static long Right(NoisyClassifier classifier, NoiseSchedule schedule, int t, ImageSet images, int[] which, ulong seed, Device device)
    {
        var pixels = images.Pixels;
        float[] clean = new float[pixels], noise = new float[pixels], noisy = new float[which.Length * pixels];
        for (var i = 0; i < which.Length; i++)
        {
            images.Read(which[i], clean);
            SeededNoise.Normal(seed, (uint)which[i], 0, NoisePurpose.ValidationNoise, noise);
            BatchSource.Diffuse(schedule, t, clean, noise, noisy.AsSpan(i * pixels, pixels));
        }
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var config = classifier.Config;
        var logits = classifier.forward(tensor(noisy, [which.Length, config.Channels, config.ImageSize, config.ImageSize]).to(device), full(which.Length, t - 1L, dtype: int64, device: device));
        return logits.argmax(1).eq(tensor(Array.ConvertAll(which, i => (long)images.Label(i))).to(device)).sum().item<long>();
    }
}
