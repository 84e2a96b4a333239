using Diffusion.Testing;
using Diffusion.Training.Jobs;
using Diffusion.Training.Objectives;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Objectives;

public sealed class DistanceTests
{
    // differences 3 and 4 in one image, 0 and 0 in the other
    [Theory]
    [InlineData(DistanceSettings.Mse, 1e-4, false, 6.25)]
    [InlineData(DistanceSettings.PseudoHuber, 4.0, false, (1 + 1.6568542494923806) / 4)]
    [InlineData(DistanceSettings.PseudoHuber, 12.0, true, 0.5)]
    public void Mean_FollowsTheFormula(string kind, double c, bool perImage, double expected)
    {
        using var distance = new Distance(new DistanceSettings { Kind = kind, C = c, PerImage = perImage });
        using var scope = NewDisposeScope();
        var estimate = tensor([3f, 0f, 1f, 1f], [2, 1, 1, 2]);
        var target = tensor([0f, 4f, 1f, 1f], [2, 1, 1, 2]);
        Near.Relative(expected, distance.Mean(estimate, target).item<float>(), 1e-6, kind);
    }

    [Theory]
    [InlineData(DistanceSettings.Mse, false, (9 + 3 * 16) / 8.0)]
    [InlineData(DistanceSettings.PseudoHuber, true, (1 + 3 * 2) / 2.0)]
    public void Mean_WithWeights_CountsEachImageByItsOwn(string kind, bool perImage, double expected)
    {
        using var distance = new Distance(new DistanceSettings { Kind = kind, C = perImage ? 4 : 1e-4, PerImage = perImage });
        using var scope = NewDisposeScope();
        // the norms are 3 and 4, or sqrt(9 + 16) - 4 = 1 and sqrt(20 + 16) - 4 = 2
        var estimate = tensor(perImage ? new[] { 3f, 0f, 0f, 0f, 4f, 2f, 0f, 0f } : [3f, 0f, 0f, 0f, 0f, 4f, 0f, 0f], [2, 1, 2, 2]);
        Near.Relative(expected, distance.Mean(estimate, zeros_like(estimate), tensor(new[] { 1f, 3f }, [2, 1, 1, 1])).item<float>(), 1e-6, kind);
    }

    [Fact]
    public void Mean_OfEqualImages_IsZero()
    {
        using var distance = new Distance(new DistanceSettings { Kind = DistanceSettings.PseudoHuber });
        using var scope = NewDisposeScope();
        var image = ones(2, 1, 2, 2);
        Near.Absolute(0, distance.Mean(image, image).item<float>(), 1e-9);
    }
}
