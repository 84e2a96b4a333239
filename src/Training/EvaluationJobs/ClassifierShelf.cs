using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Training.Evaluation;

namespace Diffusion.Training.EvaluationJobs;

/// <summary>The classifiers that lie beside the models, as what they can judge.</summary>
/// <param name="models">Folder of the models.</param>
internal sealed class ClassifierShelf(string models)
{
    private const string Report = "report.json";

    /// <summary>The first classifier that was trained on an image set and fits the images of a network, or null.</summary>
    public string? TrainedOn(string data, UNetConfig network) => Directory.Exists(models)
        ? Directory.GetDirectories(models).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal).FirstOrDefault(n => DataOf(n) == data && Misfit(n, network) is null)
        : null;

    /// <summary>Why a classifier cannot judge the images of a network, or null.</summary>
    public string? Misfit(string name, UNetConfig network)
    {
        var path = Path.Combine(models, name, ImageJudge.FileName);
        if (!File.Exists(path)) return $"there is no classifier '{name}'";
        try
        {
            var config = ImageClassifier.ReadConfig(path);
            if ((config.ImageSize, config.Channels) != (network.ImageSize, network.Channels)) return $"'{name}' sees {config.ImageSize}x{config.ImageSize} of {config.Channels} channels, the model makes {network.ImageSize}x{network.ImageSize} of {network.Channels}";
            return network.Classes is { } classes && classes != config.Classes ? $"'{name}' knows {config.Classes} classes, the model {classes}" : null;
        }
        catch (Exception damage) when (damage is CheckpointException or SafeTensorsException or IOException)
        {
            return $"'{name}' cannot be read: {damage.Message}";
        }
    }

    private string? DataOf(string name)
    {
        var path = Path.Combine(models, name, Report);
        if (!File.Exists(path)) return null;
        try
        {
            using var report = JsonDocument.Parse(File.ReadAllBytes(path));
            return report.RootElement.TryGetProperty("data", out var data) ? data.GetString() : null;
        }
        catch (JsonException)
        {
            return null; // whoever wrote it does not say what it was trained on
        }
    }
}
