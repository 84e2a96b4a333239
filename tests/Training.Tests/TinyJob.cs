using System.Text;
using Diffusion.Testing;
using Diffusion.Training.Jobs;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests;

/// <summary>Jobs on <see cref="TinySet"/> with a network that trains in milliseconds.</summary>
internal static class TinyJob
{
    static TinyJob() => set_num_threads(1);

    public const string Ddpm = """ "kind": "ddpm" """;
    public const string Hybrid = """ "kind": "ddpm", "prediction": "v", "variance": "learned" """;
    public const string Bound = """ "kind": "ddpm", "variance": "learned", "bound": "vlb" """;
    public const string Dddm = """ "kind": "dddm", "memoryRefresh": 0.3 """;
    public const string Consistent = """ "kind": "dddm", "memoryRefresh": 0.5, "consistency": { "gapEnd": 0.2 } """;

    public const string SelfConditioned = """ "kind": "dddm", "prediction": "v", "memorySource": "own", "memoryRefresh": 0.5, "loss": { "kind": "mse", "weighting": "snr+1" } """;
    public const string Distilled = """ "kind": "dddm", "memorySource": "own", "memoryRefresh": 0.3, "walkTarget": { "model": "teacher", "evaluations": [4, 2], "substeps": 2, "share": 0.7 } """;

    /// <summary>Needs more than one stage within nine steps.</summary>
    public const string ConsistencyTrained = """ "kind": "consistency", "initialSteps": 2 """;

    public const string Unified = """ "kind": "udddm", "memoryRefresh": 0.3, "memoryMomentum": 0.5 """;
    public const string Exploding = """ "kind": "udddm", "prediction": "boundary", "memoryStorage": "float16", "memoryRefresh": 0.3 """;
    public const string Perceptual = """ "kind": "dddm", "memoryRefresh": 0.3, "loss": { "kind": "pseudo-lpips", "resize": 16 } """;

    /// <summary>The TorchScript file that <see cref="Perceptual"/> is trained with.</summary>
    public static string PerceptualNetwork => Script("perceptual");

    /// <summary>A file of make_scripts.py.</summary>
    public static string Script(string name) => Repository.Path("tests", "fixtures", "torch", $"{name}.pt");

    /// <param name="objective">Fields of the objective; boundary needs the schedule ve, and has it.</param>
    /// <param name="more">Further fields of the job, each ending in a comma.</param>
    /// <param name="steps">Length of the run.</param>
    /// <param name="dropout">Of the network.</param>
    public static byte[] File(string objective, string more = "", int steps = 9, double dropout = 0) => Encoding.UTF8.GetBytes($$"""
        {
          "name": "tiny-run", "model": "tiny-model", "objective": { {{objective}} },
          "schedule": { "name": "{{(objective.Contains("boundary", StringComparison.Ordinal) ? "ve" : "cosine")}}", "steps": 20 },
          "network": { "imageSize": 8, "channels": 1, "classes": 2, "modelChannels": 8, "channelMultipliers": [1, 1], "residualBlocks": 1, "headChannels": 8, "dropout": {{dropout}} },
          "data": "tiny", "batch": 4, {{more}}
          "optimizer": { "learningRate": 0.002, "weightDecay": 0.01, "warmup": 2, "finalShare": 0.1, "clipNorm": 1 },
          "labelDrop": 0.2, "seed": 11, "steps": {{steps}}
        }
        """);

    public static DenoiserJob Read(string objective, string more = "", int steps = 9) => (DenoiserJob)TrainingJobReader.Read(File(objective, more, steps));
}
