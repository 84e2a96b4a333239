using Diffusion.Networks;
using Diffusion.Training.Data;
using static TorchSharp.torch;

namespace Diffusion.Training.Evaluation;

/// <summary>What a classifier sees in images.</summary>
/// <param name="Classes">The class of each image.</param>
/// <param name="Features">Feature vectors, one after the other.</param>
internal sealed record Judgement(int[] Classes, double[] Features);

/// <summary>Classes and features of many images, in batches.</summary>
internal sealed class ImageJudge(ImageClassifier classifier, Device device)
{
    public const string FileName = "classifier.safetensors";
    private const int Batch = 200;

    /// <summary>Numbers in a feature vector.</summary>
    public int FeatureWidth => classifier.Config.FeatureWidth;

    private int Pixels => classifier.Config.Channels * classifier.Config.ImageSize * classifier.Config.ImageSize;

    /// <summary>Images in [-1, 1], one after the other.</summary>
    public Judgement Judge(ReadOnlyMemory<float> images) =>
        Judge(images.Length / Pixels, (first, into) => images.Span.Slice(first * Pixels, into.Length).CopyTo(into));

    /// <summary>All images of a set.</summary>
    public Judgement Judge(ImageSet set) => Judge(set, [.. Enumerable.Range(0, set.Count)]);

    /// <summary>Some images of a set.</summary>
    public Judgement Judge(ImageSet set, int[] images) =>
        Judge(images.Length, (first, into) =>
        {
            for (var i = 0; i < into.Length / Pixels; i++) set.Read(images[first + i], into.AsSpan(i * Pixels, Pixels));
        });

    private Judgement Judge(int count, Action<int, float[]> read)
    {
        var (classes, features) = (new int[count], new double[(long)count * FeatureWidth]);
        for (var first = 0; first < count; first += Batch)
        {
            var pixels = new float[Math.Min(Batch, count - first) * Pixels];
            read(first, pixels);
            Add(pixels, first, classes, features);
        }
        return new Judgement(classes, features);
    }

    private void Add(float[] pixels, int first, int[] classes, double[] features)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var config = classifier.Config;
        var images = tensor(pixels, [pixels.Length / Pixels, config.Channels, config.ImageSize, config.ImageSize]).to(device);
        using var found = classifier.forward(images).argmax(1).cpu().data<long>();
        using var seen = classifier.Features(images).cpu().data<float>();
        Array.ConvertAll(found.ToArray(), c => (int)c).CopyTo(classes, first);
        Array.ConvertAll(seen.ToArray(), f => (double)f).CopyTo(features, first * FeatureWidth);
    }
}
