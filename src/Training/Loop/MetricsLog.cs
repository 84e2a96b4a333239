using System.Text;
using System.Text.Json;

namespace Diffusion.Training.Loop;

/// <summary>One JSON line per logged step. What a killed run logged beyond its resume point is cut off when it goes on.</summary>
internal sealed class MetricsLog(string path) : IDisposable
{
    /// <summary>The member that only lines of a validated step have.</summary>
    public const string ValidationLoss = "validationLoss";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private FileStream? file;

    /// <summary>Keeps the lines up to <paramref name="step"/>; what comes is written after them.</summary>
    public void ResumeAt(int step)
    {
        if (File.Exists(path)) Cut(step);
        file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
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
            ["remainingSeconds"] = Math.Round(progress.Remaining.TotalSeconds),
        };
        foreach (var (name, value) in progress.Figures) line[name] = value;
        // in one write: whoever reads meanwhile looks for the end of the line
        file!.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(line, Json) + "\n"));
    }

    /// <summary>Brings the lines to the disk: a resume point must not be ahead of them.</summary>
    public void Flush() => file?.Flush(flushToDisk: true);

    public void Dispose() => file?.Dispose();

    private void Cut(int step)
    {
        var kept = File.ReadLines(path).TakeWhile(line => StepOf(line) is { } at && at <= step).ToArray();
        Files.DurableFile.Write(path, Encoding.UTF8.GetBytes(string.Concat(kept.Select(line => line + "\n"))));
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
