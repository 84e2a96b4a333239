using System.Text.Json;
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

    /// <summary>At L = 0.01 and c = 1.4e-4: the two published readings of Pseudo-LPIPS.</summary>
    [Theory]
    [InlineData(false, 0.0998601)]
    [InlineData(true, 0.0098610)]
    public void Mean_PseudoLpips_HasTheKnownNumber(bool squared, double expected)
    {
        using var distance = Perceptual(new DistanceSettings { Kind = DistanceSettings.PseudoLpips, Squared = squared });
        using var scope = NewDisposeScope();
        // a difference of 0.1 everywhere: the mean square of the script is 0.01
        Near.Absolute(expected, distance.Mean(full([2, 1, 8, 8], 0.3f), full([2, 1, 8, 8], 0.2f)).item<float>(), 5e-8);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Mean_PseudoLpips_IsZeroAtEqualImagesAndRises(bool squared)
    {
        var settings = new DistanceSettings { Kind = DistanceSettings.PseudoLpips, Squared = squared, C = 0.01 };
        using var distance = Perceptual(settings);
        using var scope = NewDisposeScope();
        double At(double apart) => distance.Mean(full([1, 3, 8, 8], (float)apart), zeros(1, 3, 8, 8)).item<float>();
        Near.Absolute(0, At(0), 1e-9);
        for (var apart = 0.1; apart < 1; apart += 0.1) Assert.True(At(apart) > At(apart - 0.1));
        // far above c: sqrt(L), or L; far below, with c = 0.01: L / 2c
        var (far, near) = (0.9 * 0.9, 0.001 * 0.001);
        Near.Relative(squared ? far : 0.9, At(0.9), 0.02);
        if (!squared) Near.Relative(near / 0.02, At(0.001), 0.01);
    }

    [Fact]
    public void Mean_PseudoLpipsWithWeights_CountsEachImageByItsOwn()
    {
        using var distance = Perceptual(new DistanceSettings { Kind = DistanceSettings.PseudoLpips });
        using var scope = NewDisposeScope();
        var estimate = cat([full([1, 3, 8, 8], 0.1f), full([1, 3, 8, 8], 0.3f)]);
        var found = distance.Mean(estimate, zeros_like(estimate), tensor(new[] { 1f, 3f }, [2, 1, 1, 1])).item<float>();
        Near.Relative((Math.Sqrt(0.01 + 1.96e-8) - 1.4e-4 + 3 * (Math.Sqrt(0.09 + 1.96e-8) - 1.4e-4)) / 2, found, 1e-5);
    }

    /// <summary>The gradient that PyTorch computes through the same script (make_scripts.py); the script's own weights get none.</summary>
    [Fact]
    public void Mean_PseudoLpips_SendsItsGradientThroughTheScript()
    {
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Repository.Path("tests", "fixtures", "torch", "scripts.json")));
        var gradient = expected.RootElement.GetProperty("perceptual").GetProperty("gradient").EnumerateArray().Select(v => v.GetSingle()).ToArray();
        using var distance = Perceptual(new DistanceSettings { Kind = DistanceSettings.PseudoLpips, C = 0.01 }, "perceptual");
        using var scope = NewDisposeScope();
        var estimate = tensor([.. Enumerable.Range(0, 384).Select(i => i / 384f * 2 - 1)], [2, 3, 8, 8], ScalarType.Float32);
        var target = estimate.flip(3);
        estimate.requires_grad = true;
        distance.Mean(estimate, target).backward();
        using var found = estimate.grad!.mul(2).data<float>();
        Assert.Contains(gradient, g => Math.Abs(g) > 1e-3);
        Assert.Equal(gradient, found.ToArray(), (a, b) => Math.Abs(a - b) <= 1e-5);
    }

    private static Distance Perceptual(DistanceSettings settings, string script = "pair") =>
        new(settings, PerceptualNetwork.Load(TinyJob.Script(script), 0, 3, 8, CPU));

    [Fact]
    public void Mean_OfEqualImages_IsZero()
    {
        using var distance = new Distance(new DistanceSettings { Kind = DistanceSettings.PseudoHuber });
        using var scope = NewDisposeScope();
        var image = ones(2, 1, 2, 2);
        Near.Absolute(0, distance.Mean(image, image).item<float>(), 1e-9);
    }
}
