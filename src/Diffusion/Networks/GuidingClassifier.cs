using Diffusion.Checkpoints;
using Diffusion.Guidance;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>A published noisy classifier ready to guide: the network on its device, and what its manifest says of it.</summary>
public sealed class GuidingClassifier : IDisposable
{
    private GuidingClassifier(NoisyClassifier network, CheckpointManifest manifest) => (Network, Manifest) = (network, manifest);

    /// <summary>The network, in evaluation mode; its weights take no gradient.</summary>
    public NoisyClassifier Network { get; }

    /// <summary>The manifest of the version.</summary>
    public CheckpointManifest Manifest { get; }

    /// <summary>Builds the network of a version and reads its weights. Call outside any dispose scope.</summary>
    /// <exception cref="CheckpointException">The version is no classifier, or its weights do not fit; the message says so.</exception>
    /// <exception cref="SafeTensorsException">The weights file is damaged.</exception>
    /// <exception cref="ArgumentException">The manifest's network cannot be; the message names the field.</exception>
    public static GuidingClassifier Load(CheckpointVersion version, Device device)
    {
        ArgumentNullException.ThrowIfNull(version);
        var manifest = version.Manifest;
        if (!manifest.IsClassifier) throw new CheckpointException($"{manifest.Model} v{manifest.Version} is no noisy classifier.", CheckpointVersion.WeightsFile);
        using var file = SafeTensorFile.Open(version.PathOf(CheckpointVersion.WeightsFile));
        var network = new NoisyClassifier(manifest.Network, schedule: manifest.Traits.Schedule);
        try
        {
            NetworkWeights.Load(network, file);
            network.to(device);
            network.eval();
            foreach (var weight in network.parameters()) weight.requires_grad = false;
            return new GuidingClassifier(network, manifest);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Why a version cannot guide a model, or null.</summary>
    /// <param name="classifier">Manifest of the version that shall guide.</param>
    /// <param name="model">Manifest of what shall be guided.</param>
    public static string? Misfit(CheckpointManifest classifier, CheckpointManifest model)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(model);
        if (!classifier.IsClassifier) return "is no noisy classifier";
        var (its, own) = (classifier.Network, model.Network);
        if ((its.ImageSize, its.Channels) != (own.ImageSize, own.Channels)) return $"judges {its.ImageSize}x{its.ImageSize} of {its.Channels} channels, and the model makes {own.ImageSize}x{own.ImageSize} of {own.Channels}";
        if (classifier.Schedule != model.Schedule) return $"was trained on the schedule {classifier.Schedule.Name} with {classifier.Schedule.Steps} steps, and the model on {model.Schedule.Name} with {model.Schedule.Steps}";
        return own.Classes is { } classes && classes != its.Classes ? $"knows {its.Classes} classes, and the model {classes}" : null;
    }

    /// <summary>The gradient of log p(y | x_t) by x_t.</summary>
    /// <param name="x">x_t, [B, C, H, W], float32.</param>
    /// <param name="timeIndex">0-based time index of each, [B].</param>
    /// <param name="labels">y of each, [B], int64.</param>
    /// <returns>[B, C, H, W], without gradient.</returns>
    public Tensor Gradient(Tensor x, Tensor timeIndex, Tensor labels) =>
        ClassifierGuidance.Gradient(noisy => Network.forward(noisy, timeIndex), x, labels);

    /// <inheritdoc/>
    public void Dispose() => Network.Dispose();
}
