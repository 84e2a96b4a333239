using System.Text.Json;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using Diffusion.Training.Loop;

namespace Diffusion.Training.Tests.Objectives;

/// <summary>What PyTorch says of the bound: <c>tests/fixtures/iddpm</c>.</summary>
internal sealed record BoundFixture(IReadOnlyList<BoundCase> Cases)
{
    private static readonly Lazy<BoundFixture> Stored = new(() =>
        JsonSerializer.Deserialize<BoundFixture>(File.ReadAllBytes(Repository.Path("tests", "fixtures", "iddpm", "bound.json")), JsonSerializerOptions.Web)!);

    public static IEnumerable<BoundCase> All => Stored.Value.Cases;
}

/// <summary>One of them. Images are row-major; of a constant case output and gradients have one number a channel.</summary>
internal sealed record BoundCase(
    string Name, string Schedule, int Steps, string Prediction, int Channels, int Size, bool Constant, int[] Times, double[] Clean, double[] Noise,
    double[] Output, double[] Terms, double Hybrid, double[] HybridGradient, double Bound, double[] BoundGradient)
{
    public NoiseSchedule Noising => ScheduleCatalogue.Create(Schedule, Steps);

    public Prediction Kind => JsonSerializer.Deserialize<Prediction>($"\"{Prediction}\"");

    public double[] Noisy => [.. Clean.Select((x, i) => Noising.Alpha(TimeOf(i)) * x + Noising.Sigma(TimeOf(i)) * Noise[i])];

    public TrainingBatch Batch => new()
    {
        Step = 0,
        Epoch = 0,
        Progress = 0,
        Indices = [.. Enumerable.Range(0, Times.Length)],
        Labels = null,
        Times = Times,
        Clean = Floats(Clean),
        Noise = Floats(Noise),
        Noisy = Floats(Noisy),
    };

    public override string ToString() => Name;

    private int TimeOf(int i) => Times[i / (Channels * Size * Size)];

    private static float[] Floats(double[] values) => Array.ConvertAll(values, v => (float)v);
}
