using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Testing;
using Diffusion.Training.Loop;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Loop;

public sealed class WarmStartTests : IDisposable
{
    private static readonly UNetConfig Plain = TinyJob.Read(TinyJob.Ddpm).Network;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Apply_ToANetworkWithAMemory_AnswersAsItsParentWhateverTheMemory()
    {
        using var parent = new UNet(Plain, 1);
        Unzero(parent);
        using var child = new UNet(Plain with { Memory = true }, 2);
        var (copied, skipped) = Apply(parent, child);
        Assert.Empty(skipped);
        Assert.Equal(parent.parameters().Count(), copied);

        using var off = no_grad();
        using var x = randn(2, 1, 8, 8);
        using var memory = randn(2, 1, 8, 8);
        using var t = tensor(new long[] { 3, 15 });
        using var labels = tensor(new long[] { 0, 1 });
        using var expected = parent.forward(x, t, labels);
        using var found = child.forward(x, t, labels, memory);
        Assert.True(allclose(expected, found, 1e-5, 1e-6));
    }

    [Fact]
    public void Apply_ToANetworkThatLearnsItsVariance_AnswersAsItsParentBesideAVarianceAsDrawn()
    {
        using var parent = new UNet(Plain, 1);
        Unzero(parent);
        using var child = new UNet(Plain with { LearnedVariance = true }, 2);
        var (copied, skipped) = Apply(parent, child);
        Assert.Empty(skipped);
        Assert.Equal(parent.parameters().Count(), copied);

        using var off = no_grad();
        using var x = randn(2, 1, 8, 8);
        using var t = tensor(new long[] { 3, 15 });
        using var labels = tensor(new long[] { 0, 1 });
        using var expected = parent.forward(x, t, labels);
        using var found = child.forward(x, t, labels);
        Assert.True(allclose(expected, found.narrow(1, 0, 1), 1e-5, 1e-6));
        Assert.Equal(0, found.narrow(1, 1, 1).abs().max().item<float>());

        // and back
        using var grandchild = new UNet(Plain, 3);
        Assert.Empty(Apply(child, grandchild).Skipped);
        using var again = grandchild.forward(x, t, labels);
        Assert.True(allclose(expected, again, 1e-5, 1e-6));
    }

    [Fact]
    public void Apply_OtherWidth_NamesWhatDoesNotFit()
    {
        using var parent = new UNet(Plain, 1);
        using var child = new UNet(Plain with { ModelChannels = 16 }, 2);
        Assert.Contains("input_blocks.0.0.weight", Apply(parent, child).Skipped);
    }

    private (int Copied, IReadOnlyList<string> Skipped) Apply(UNet parent, UNet child)
    {
        var path = folder["parent.safetensors"];
        SafeTensors.Write(path, NetworkWeights.ToSafeTensors(parent.state_dict()));
        using var file = SafeTensorFile.Open(path);
        return WarmStart.Apply(child, file);
    }

    /// <summary>A new network returns 0; this one does not.</summary>
    private static void Unzero(UNet network)
    {
        using var off = no_grad();
        foreach (var parameter in network.parameters()) parameter.normal_(0, 0.3);
    }
}
