using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using static TorchSharp.torch;

namespace Diffusion.Testing;

/// <summary>Real U-Nets that are small enough to evaluate in a test, published to a real store.</summary>
public static class TinyModels
{
    /// <summary>T of the tiny models.</summary>
    public const int Times = 100;

    /// <summary>8x8, one channel, ten classes unless told otherwise.</summary>
    public static UNetConfig Network(int? classes = 10, bool memory = false, int imageSize = 8, int channels = 1) => new()
    {
        ImageSize = imageSize,
        Channels = channels,
        ModelChannels = 8,
        ChannelMultipliers = [1, 2],
        ResidualBlocks = 1,
        HeadChannels = 8,
        Classes = classes,
        Memory = memory,
    };

    /// <summary>Publishes the next version of an untrained model whose weights are all away from zero, so that every input matters.</summary>
    /// <param name="store">Where.</param>
    /// <param name="name">Model name.</param>
    /// <param name="network">Its shape; null for <see cref="Network"/>.</param>
    /// <param name="seed">Its weights.</param>
    /// <param name="sampling">Defaults of requests, or null.</param>
    /// <param name="change">Told of every weight before it is written; may change it.</param>
    /// <param name="describe">Changes what the manifest says.</param>
    public static CheckpointVersion Publish(
        CheckpointStore store, string name, UNetConfig? network = null, ulong seed = 1, SamplingDefaults? sampling = null,
        Action<string, Tensor>? change = null, Func<CheckpointManifest, CheckpointManifest>? describe = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        var config = network ?? Network();
        using var unet = new UNet(config, seed);
        using (no_grad())
        {
            uint stream = 0;
            foreach (var (parameter, weight) in unet.named_parameters())
            {
                using var scope = NewDisposeScope();
                Blur(weight, seed, stream++);
                change?.Invoke(parameter, weight);
            }
        }
        return store.Publish(name, _ => describe?.Invoke(Manifest(name, config, seed, sampling)) ?? Manifest(name, config, seed, sampling), folder => SafeTensors.Write(
            Path.Combine(folder, CheckpointVersion.WeightsFile), NetworkWeights.ToSafeTensors(unet.state_dict())));
    }

    /// <summary>Publishes an untrained noisy classifier of such pictures, all of whose weights are away from zero.</summary>
    public static CheckpointVersion PublishClassifier(CheckpointStore store, string name, UNetConfig? network = null, ulong seed = 5, Func<CheckpointManifest, CheckpointManifest>? describe = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        var config = network ?? Network();
        using var classifier = new NoisyClassifier(config, seed);
        using (no_grad())
        {
            uint stream = 0;
            foreach (var (_, weight) in classifier.named_parameters())
            {
                using var scope = NewDisposeScope();
                Blur(weight, seed, stream++);
            }
        }
        var manifest = Manifest(name, config, seed) with { Objective = CheckpointManifest.NoisyClassifier };
        return store.Publish(name, _ => describe?.Invoke(manifest) ?? manifest, folder => SafeTensors.Write(
            Path.Combine(folder, CheckpointVersion.WeightsFile), NetworkWeights.ToSafeTensors(classifier.state_dict())));
    }

    /// <summary>What <see cref="Publish"/> says of such a model.</summary>
    public static CheckpointManifest Manifest(string name, UNetConfig network, ulong seed = 1, SamplingDefaults? sampling = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        return new CheckpointManifest
        {
            Model = name,
            Version = 1,
            Created = DateTimeOffset.UnixEpoch,
            Network = network,
            Prediction = network.Memory ? Prediction.Residual : Prediction.Epsilon,
            Schedule = new ScheduleReference("cosine", Times),
            Objective = network.Memory ? "dddm" : "ddpm",
            Data = new DataReference("none", new string('0', 64), 0),
            ImagesSeen = 0,
            Seed = seed,
            Labels = network.Classes is { } classes ? [.. Enumerable.Range(0, classes).Select(c => $"class {c}")] : null,
            Sampling = sampling,
        };
    }

    // the layers that start at zero would hide every other one
    private static void Blur(Tensor weight, ulong seed, uint stream)
    {
        var noise = new float[weight.numel()];
        SeededNoise.Normal(seed, stream, 1, NoisePurpose.Weights, noise);
        for (var i = 0; i < noise.Length; i++) noise[i] *= 0.1f;
        weight.add_(tensor(noise, weight.shape));
    }
}
