using System.Text;
using System.Text.Json;

namespace Diffusion.Training.Loop;

/// <summary>One JSON line per logged step. What a killed run logged beyond its resume point is cut off when it goes on.</summary>
internal sealed class MetricsLog(string path)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Keeps the lines up to <paramref name="step"/>.</summary>
    public void ResumeAt(int step)
    {
        if (!File.Exists(path)) return;
        var kept = File.ReadLines(path).TakeWhile(line => StepOf(line) is { } at && at <= step).ToArray();
        Files.DurableFile.Write(path, Encoding.UTF8.GetBytes(string.Concat(kept.Select(line => line + "\n"))));
    }

    public void Add(TrainingProgress progress)
    {
        var line = new Dictionary<string, double>
        {
            ["step"] = progress.Step,
            ["images"] = progress.Images,
            ["loss"] = progress.Loss,
            ["learningRate"] = progress.LearningRate,
            ["gradientNorm"] = progress.GradientNorm,
            ["imagesPerSecond"] = Math.Round(progress.ImagesPerSecond, 1),
        };
        foreach (var (name, value) in progress.Figures) line[name] = value;
        File.AppendAllText(path, JsonSerializer.Serialize(line, Json) + "\n");
    }

    /// <summary>The step of a line, or null for one that a crash cut short.</summary>
    private static int? StepOf(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.GetProperty("step").GetInt32();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
