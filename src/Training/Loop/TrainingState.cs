using System.Globalization;
using Diffusion.Checkpoints;
using Diffusion.Training.Files;
using Diffusion.Training.Objectives;
using static TorchSharp.torch;

namespace Diffusion.Training.Loop;

/// <summary>
/// All that a run needs to go on as if it had never stopped, in one file that is whole or the one before: weights,
/// their moving average, both moments, what the objective keeps, the step and the averaged loss. The memory of DDDM lies beside it.
/// </summary>
internal sealed class TrainingState(string path, nn.Module network, nn.Module average, AdamW optimizer, IObjective objective)
{
    private const string WeightsPrefix = "weights/", AveragePrefix = "average/", FirstPrefix = "first/", SecondPrefix = "second/";

    /// <summary>Steps done in a saved state; null if it is not there any more.</summary>
    public static int? StepOf(string path)
    {
        try
        {
            using var file = SafeTensorFile.Open(path);
            return int.Parse(file.Metadata["step"], CultureInfo.InvariantCulture);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Steps done and the averaged loss at that point, or null if nothing was saved yet.</summary>
    public (int Step, double Loss)? Load()
    {
        if (!File.Exists(path)) return null;
        using var file = SafeTensorFile.Open(path);
        Weights.Fill(network, file, WeightsPrefix);
        Weights.Fill(average, file, AveragePrefix);
        foreach (var (name, first, second) in optimizer.Moments)
        {
            Weights.Fill(first, file, FirstPrefix + name);
            Weights.Fill(second, file, SecondPrefix + name);
        }
        objective.Restore(file);
        return (int.Parse(file.Metadata["step"], CultureInfo.InvariantCulture), double.Parse(file.Metadata["loss"], CultureInfo.InvariantCulture));
    }

    public void Save(int step, double loss)
    {
        var tensors = new List<SafeTensor>();
        tensors.AddRange(Weights.Of(network, WeightsPrefix));
        tensors.AddRange(Weights.Of(average, AveragePrefix));
        foreach (var (name, first, second) in optimizer.Moments)
        {
            tensors.Add(Weights.Of(FirstPrefix + name, first));
            tensors.Add(Weights.Of(SecondPrefix + name, second));
        }
        tensors.AddRange(objective.State());
        var metadata = new Dictionary<string, string>
        {
            ["step"] = step.ToString(CultureInfo.InvariantCulture),
            ["loss"] = loss.ToString("R", CultureInfo.InvariantCulture),
        };
        DurableFile.Write(path, stream => SafeTensors.Write(stream, tensors, metadata));
    }
}
