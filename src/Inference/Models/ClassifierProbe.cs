using Diffusion.Checkpoints;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Inference.Models;

/// <summary>What a noisy classifier must show before it guides: gradients that are finite.</summary>
internal static class ClassifierProbe
{
    private const ulong Seed = 20060712;
    private const int Rows = 2;

    /// <exception cref="InvalidOperationException">They are not.</exception>
    public static void Run(ILoadedClassifier classifier, CheckpointManifest manifest, Device device)
    {
        var shape = PictureShape.Of(manifest);
        var x = new float[Rows * shape.Values];
        for (var i = 0; i < Rows; i++) NoiseRows.Start(Seed, i, 1, x.AsSpan(i * shape.Values, shape.Values));
        using var scope = NewDisposeScope();
        long[] times = [manifest.Schedule.Steps / 2, manifest.Schedule.Steps - 1], labels = [0, manifest.Network.Classes!.Value - 1];
        var gradient = classifier.Gradient(tensor(x, [Rows, shape.Channels, shape.Height, shape.Width], device: device), tensor(times, device: device), tensor(labels, device: device));
        if (!gradient.isfinite().all().cpu().item<bool>()) throw new InvalidOperationException("The classifier answers noise with NaN or infinity.");
    }
}
