using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.Jobs;

/// <summary>A job file to begin with.</summary>
/// <param name="Name">Of the file, without its ending.</param>
/// <param name="Job">The job file; its comments are lost.</param>
public sealed record JobTemplate(string Name, JsonElement Job);

/// <summary>The job files beside the models: <c>jobs/*.json</c>.</summary>
public sealed class JobTemplates
{
    private const int Most = 100;
    private const long MostBytes = 1 << 16;

    private readonly string folder;

    internal JobTemplates(IOptions<TrainingOptions> options) => folder = Path.Combine(options.Value.Models, "jobs");

    /// <summary>Those that are jobs, by name.</summary>
    public IReadOnlyList<JobTemplate> All() => !Directory.Exists(folder) ? []
        : [.. new DirectoryInfo(folder).EnumerateFiles("*.json").Where(f => f.Length <= MostBytes).OrderBy(f => f.Name, StringComparer.Ordinal).Take(Most).Select(Read).OfType<JobTemplate>()];

    private static JobTemplate? Read(FileInfo file)
    {
        var text = File.ReadAllBytes(file.FullName);
        try
        {
            TrainingJobReader.Read(text);
        }
        catch (TrainingJobException)
        {
            return null;
        }
        using var document = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return new JobTemplate(Path.GetFileNameWithoutExtension(file.Name), document.RootElement.Clone());
    }
}
