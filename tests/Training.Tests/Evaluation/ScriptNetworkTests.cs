using Diffusion.Testing;
using Diffusion.Training.Evaluation;
using Diffusion.Training.Files;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Evaluation;

/// <summary>TorchScript networks in the places of Inception, of a feature network and of a detector (tests/fixtures/torch/make_scripts.py).</summary>
public sealed class ScriptNetworkTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    // half bright, half dark, and its opposite
    private static readonly float[] Halves = [.. Enumerable.Repeat(1f, 32), .. Enumerable.Repeat(-1f, 32), .. Enumerable.Repeat(-1f, 32), .. Enumerable.Repeat(0.2f, 32)];
    private static readonly ImageSource Two = ImageSource.Of(Halves, 1, 8);

    [Fact]
    public void OnlyThePublicInception_IsCalledFid()
    {
        using var other = ScriptFeatures.Load(PathOf("switched"), CPU);
        Assert.Equal(("frechet.switched", ".switched"), (other.Distance, other.Suffix));
        Assert.Null(other.Probabilities(Two, None));
        using var inception = Inception();
        Assert.Equal(("fid", ".inception", "inception-score"), (inception.Distance, inception.Suffix, inception.Score));
    }

    [Fact]
    public void Inception_GetsBytesInThreeChannels_AndGivesFeatures()
    {
        using var inception = Inception();
        var seen = inception.Features(Two, None);
        Assert.Equal((2, 12), (seen.Count, seen.Width));
        // the mean of each quarter of 0..255, over 255; 0.2 is 153
        Assert.Equal([1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0], seen[0].ToArray());
        Assert.Equal([0, 0, 0.6, 0.6], seen[1][..4].ToArray().Select(x => Math.Round(x, 6)));
    }

    [Fact]
    public void Inception_GivesProbabilities_WithoutItsBias()
    {
        using var inception = Inception();
        var found = inception.Probabilities(Two, None)!;
        var e = Math.E;
        Near.Absolute(e / (2 * e + 1), found[0][0], 1e-6);
        Near.Absolute(1 / (2 * e + 1), found[0][2], 1e-6);
    }

    [Fact]
    public void Features_OfAnotherNetwork_GetsTheImagesAsTheyAre()
    {
        using var network = ScriptFeatures.Load(PathOf("features"), CPU);
        var whole = network.Features(ImageSource.Of([.. Halves, .. Halves], 1, 8), None);
        Assert.Equal((4, 4), (whole.Count, whole.Width));
        Assert.Equal(whole[0].ToArray(), whole[2].ToArray());
        Assert.All(whole.Values, v => Assert.InRange(v, -1, 1));
    }

    [Theory]
    [InlineData(0.7, 1.0)]
    [InlineData(0.55, 1.0)]
    [InlineData(1.1, 0.0)]
    public void Detector_WhatYoloGives_CountsImages(double threshold, double rate)
    {
        using var detector = new ScriptDetector(PathOf("detector"), 0, CPU);
        var found = detector.Confidences(ImageSource.Of([.. Halves[..64], .. Halves[..64]], 1, 8), None);
        Assert.Equal([1f, 0f], found[0]);
        Assert.Equal(rate, DetectionRate.Of(found, threshold));
        // 0.6 in the second picture
        Assert.Equal(threshold < 0.6 ? 1.0 : threshold < 1 ? 0.5 : 0, DetectionRate.Of(detector.Confidences(Two, None), threshold));
    }

    [Fact]
    public void Detector_WithASize_SeesResizedImages()
    {
        using var detector = new ScriptDetector(PathOf("detector"), 16, CPU);
        Assert.Equal([0f, 0.6f], detector.Confidences(Two, None)[1].Select(c => MathF.Round(c, 1)));
    }

    [Fact]
    public void Load_WhatIsNone_SaysWhich()
    {
        Assert.Contains("absent.pt", Assert.Throws<EvaluationException>(() => ScriptFeatures.Load("absent.pt", CPU)).Message, StringComparison.Ordinal);
        Assert.Contains("TorchScript", Assert.Throws<EvaluationException>(() => ScriptFeatures.Load(Repository.Path("README.md"), CPU)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Features_OfADetector_AreRefused()
    {
        using var wrong = ScriptFeatures.Load(PathOf("detector"), CPU);
        Assert.Contains("[B, width]", Assert.Throws<EvaluationException>(() => wrong.Features(Two, None)).Message, StringComparison.Ordinal);
    }

    private static ScriptFeatures Inception() => ScriptFeatures.Load(PathOf("switched"), CPU, DurableFile.Digest(PathOf("switched")).Sha256);

    private static string PathOf(string name) => Repository.Path("tests", "fixtures", "torch", $"{name}.pt");
}
