using Diffusion.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>A published model ready to be evaluated: the network on its device, and what its manifest says of it.</summary>
public sealed class Denoiser : IDisposable
{
    private Denoiser(UNet network, CheckpointManifest manifest, Device device) => (Network, Manifest, Device) = (network, manifest, device);

    /// <summary>The network, in evaluation mode.</summary>
    public UNet Network { get; }

    /// <summary>The manifest of the version.</summary>
    public CheckpointManifest Manifest { get; }

    /// <summary>Where the network is.</summary>
    public Device Device { get; }

    /// <summary>Builds the network of a version and reads its weights. Call outside any dispose scope.</summary>
    /// <param name="version">The version.</param>
    /// <param name="device">Where the network is to be.</param>
    /// <param name="type">What it computes in, see <see cref="Precision.Named"/>; its inputs and outputs stay float32.</param>
    /// <exception cref="CheckpointException">The version is a classifier, its prediction is not one of its network, or the weights do not fit the manifest's network; the message says so.</exception>
    /// <exception cref="SafeTensorsException">The weights file is damaged.</exception>
    /// <exception cref="ArgumentException">The manifest's network cannot be; the message names the field.</exception>
    public static Denoiser Load(CheckpointVersion version, Device device, ScalarType type = ScalarType.Float32)
    {
        ArgumentNullException.ThrowIfNull(version);
        if (version.Manifest.IsClassifier) throw new CheckpointException($"{version.Manifest.Model} v{version.Manifest.Version} is a noisy classifier, which makes no pictures.", CheckpointVersion.WeightsFile);
        if (version.Manifest.Mismatch is { } mismatch) throw new CheckpointException(mismatch, CheckpointStore.ManifestFile);
        using var file = SafeTensorFile.Open(version.PathOf(CheckpointVersion.WeightsFile));
        var network = new UNet(version.Manifest.Network, schedule: version.Manifest.Traits.Schedule);
        try
        {
            NetworkWeights.Load(network, file);
            network.to(device, type);
            network.eval();
            return new Denoiser(network, version.Manifest, device);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Evaluates the network without recording gradients.</summary>
    /// <inheritdoc cref="UNet.forward"/>
    public Tensor Evaluate(Tensor x, Tensor timeIndex, Tensor? labels = null, Tensor? memory = null)
    {
        using var noGrad = no_grad();
        return Network.forward(x, timeIndex, labels, memory);
    }

    /// <inheritdoc/>
    public void Dispose() => Network.Dispose();
}
