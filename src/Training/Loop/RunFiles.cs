using Diffusion.Training.Runs;

namespace Diffusion.Training.Loop;

/// <summary>Where a run keeps what it makes; whoever reads needs no more than this.</summary>
internal class RunFiles(string root)
{
    public string Root => root;
    public string Job => Path.Combine(root, "job.json");
    public string State => Path.Combine(root, "state.safetensors");
    public string Metrics => Path.Combine(root, "metrics.ndjson");
    public string Parent => Path.Combine(root, "parent.json");
    public string Teacher => Path.Combine(root, "teacher.json");

    /// <summary>Who teaches a round of a chain (0-based): the version that the round before has published.</summary>
    public string TeacherOf(int round) => round == 0 ? Teacher : Path.Combine(root, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"teacher-{round}.json"));

    public string Perceptual => Path.Combine(root, PerceptualFile.FileName);
    public string Published => Path.Combine(root, "published.json");
    public string Samples => Path.Combine(root, "samples");

    /// <summary>The grid of samples of a step.</summary>
    public string SampleOf(int step) => Path.Combine(Samples, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{step:D8}.png"));

    public string Memory => Path.Combine(root, "memory");

    /// <summary>The folder of the run of that name.</summary>
    public static string PathOf(TrainingOptions options, string name) => Path.Combine(options.State, "runs", name);
}
