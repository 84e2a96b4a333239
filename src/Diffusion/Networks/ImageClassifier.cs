using System.Text.Json;
using Diffusion.Checkpoints;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Networks;

/// <summary>
/// A small convolutional classifier that judges generated images: label accuracy by its logits, Fréchet distance on
/// its features. Its configuration travels in the metadata of its one safetensors file.
/// </summary>
public sealed class ImageClassifier : nn.Module<Tensor, Tensor>
{
    private const string ConfigKey = "classifier";

    private readonly (Conv2d Conv, GroupNorm Norm)[] stages;
    private readonly Linear features, logits;

    /// <summary>Builds a classifier on the CPU with weights drawn from a seed.</summary>
    /// <exception cref="ArgumentException">A field of <paramref name="config"/> that cannot be; the message names it.</exception>
    public ImageClassifier(ClassifierConfig config, ulong seed = 0) : base(nameof(ImageClassifier))
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        stages = new (Conv2d, GroupNorm)[config.Widths.Count];
        var from = config.Channels;
        for (var i = 0; i < stages.Length; i++)
        {
            var to = config.Widths[i];
            stages[i] = (Layers.Conv3x3(from, to), Layers.Norm(to));
            register_module($"conv{i}", stages[i].Conv);
            register_module($"norm{i}", stages[i].Norm);
            from = to;
        }
        var size = config.ImageSize >> stages.Length;
        features = nn.Linear(from * size * size, config.FeatureWidth);
        logits = nn.Linear(config.FeatureWidth, config.Classes);
        register_module("features", features);
        register_module("logits", logits);
        InitialWeights.Draw(this, seed, _ => false);
    }

    /// <summary>The shape it was built with.</summary>
    public ClassifierConfig Config { get; }

    /// <summary>Reads a classifier that <see cref="Save"/> wrote. Call outside any dispose scope.</summary>
    /// <exception cref="CheckpointException">Not a classifier's file, or its tensors do not fit; the message names them.</exception>
    /// <exception cref="SafeTensorsException">The file is damaged.</exception>
    public static ImageClassifier Load(string path, Device device)
    {
        using var file = SafeTensorFile.Open(path);
        var classifier = new ImageClassifier(ConfigOf(file, path));
        try
        {
            NetworkWeights.Load(classifier, file);
            classifier.to(device);
            classifier.eval();
            return classifier;
        }
        catch
        {
            classifier.Dispose();
            throw;
        }
    }

    /// <summary>The shape of a classifier that <see cref="Save"/> wrote, without its weights.</summary>
    /// <exception cref="CheckpointException">Not a classifier's file.</exception>
    /// <exception cref="SafeTensorsException">The file is damaged.</exception>
    public static ClassifierConfig ReadConfig(string path)
    {
        using var file = SafeTensorFile.Open(path);
        return ConfigOf(file, path);
    }

    /// <summary>Writes configuration and weights as one file and flushes it to the disk.</summary>
    public void Save(string path) => SafeTensors.Write(
        path, NetworkWeights.ToSafeTensors(state_dict()), new Dictionary<string, string> { [ConfigKey] = JsonSerializer.Serialize(Config) });

    /// <param name="x">Images in [-1, 1], [B, C, H, W].</param>
    /// <returns>Logits, [B, classes].</returns>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return logits.forward(Features(x)).MoveToOuterDisposeScope();
    }

    /// <summary>What the last layer sees.</summary>
    /// <param name="x">Images in [-1, 1], [B, C, H, W].</param>
    /// <returns>[B, <see cref="ClassifierConfig.FeatureWidth"/>].</returns>
    public Tensor Features(Tensor x)
    {
        using var scope = NewDisposeScope();
        foreach (var (conv, norm) in stages) x = F.avg_pool2d(F.silu(norm.forward(conv.forward(x))), 2);
        return F.silu(features.forward(x.flatten(1))).MoveToOuterDisposeScope();
    }

    private static ClassifierConfig ConfigOf(SafeTensorFile file, string path) => file.Metadata.TryGetValue(ConfigKey, out var text)
        ? Parse(text, path)
        : throw new CheckpointException($"'{path}' is not the file of a classifier.", Path.GetFileName(path));

    private static ClassifierConfig Parse(string text, string path)
    {
        try
        {
            return JsonSerializer.Deserialize<ClassifierConfig>(text) ?? throw new JsonException("null");
        }
        catch (JsonException broken)
        {
            throw new CheckpointException($"'{path}' has no readable configuration: {broken.Message}", Path.GetFileName(path), broken);
        }
    }

    // names are registered by hand: fields are not scanned
    /// <inheritdoc/>
    protected override void RegisterComponents() { }
}
