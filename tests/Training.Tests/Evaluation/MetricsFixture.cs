using System.Text.Json;
using Diffusion.Testing;
using Diffusion.Training.Evaluation;

namespace Diffusion.Training.Tests.Evaluation;

/// <summary>What numpy and scipy say: <c>tests/fixtures/metrics</c>.</summary>
internal sealed record MetricsFixture(
    int Width, double[] Real, double[] Fake, double Frechet, double FrechetFew, Dictionary<string, Manifold> Manifold,
    int Classes, double[] Probabilities, Dictionary<string, ClassScore> Score, int Pixels, float[] Images, float[] Train, double[] Nearest)
{
    public static MetricsFixture Read() =>
        JsonSerializer.Deserialize<MetricsFixture>(File.ReadAllBytes(Repository.Path("tests", "fixtures", "metrics", "metrics.json")), JsonSerializerOptions.Web)!;
}
