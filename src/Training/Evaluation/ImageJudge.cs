using Diffusion.Networks;
using static TorchSharp.torch;

namespace Diffusion.Training.Evaluation;

/// <summary>The classes that a classifier sees in images.</summary>
internal sealed class ImageJudge(ImageClassifier classifier, Device device)
{
    public const string FileName = "classifier.safetensors";

    /// <summary>The class of each image.</summary>
    public int[] Classes(ImageSource images, CancellationToken stop) => MostProbable(images.Run(device, classifier.forward, "The classifier", stop));

    /// <summary>The place of the largest number of each vector, the first of equals.</summary>
    public static int[] MostProbable(Vectors of) => [.. Enumerable.Range(0, of.Count).Select(i => Place(of[i]))];

    private static int Place(ReadOnlySpan<double> numbers)
    {
        var best = 0;
        for (var i = 1; i < numbers.Length; i++) if (numbers[i] > numbers[best]) best = i;
        return best;
    }
}
