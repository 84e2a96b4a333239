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
