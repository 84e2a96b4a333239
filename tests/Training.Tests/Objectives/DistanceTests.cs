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

    [Fact]
    public void Mean_OfEqualImages_IsZero()
    {
        using var distance = new Distance(new DistanceSettings { Kind = DistanceSettings.PseudoHuber });
        using var scope = NewDisposeScope();
        var image = ones(2, 1, 2, 2);
        Near.Absolute(0, distance.Mean(image, image).item<float>(), 1e-9);
    }
}
