using Shims.Tests.Torch.Fixtures;
using Shims.Tests.Torch.Network;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Shims.Tests.Torch.Lifetime;

/// <summary>Trains and samples the small network on fixed data, written as a user would: chained expressions, literals, implicit scalars.</summary>
internal sealed class SmallTraining : IDisposable
{
    private static readonly SafetensorsFile Fixture = SafetensorsFile.Open("unet");

    private readonly SmallUNet network = SmallUNet.Stored(Fixture);
    private readonly DecoupledAdamW optimizer;
    private readonly Tensor x = Fixture["x"].ToTensor();
    private readonly Tensor target = Fixture["target"].ToTensor();
    private readonly Tensor t = Fixture["t"].ToTensor();
    private readonly Tensor wide = linspace(-1, 1, 1 << 19);

    public SmallTraining() => optimizer = new DecoupledAdamW(network.parameters(), Fixture.Note<AdamWOptions>("step"));

    public float Train()
    {
        using var scope = NewDisposeScope();
        network.zero_grad();
        var loss = F.mse_loss(network.call(x * 0.5 + 0.25, t), (target - 0.1) / 2.0);
        loss.backward();
        optimizer.Step();
        return loss.item<float>();
    }

    public float Sample()
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        return ((x - 0.3 * network.call(x, t)).clamp(-1, 1) * 0.5 + 0.5).sum().item<float>();
    }

    /// <summary>No scope at all: every intermediate result belongs to the finalizer alone, and each call lasts longer than a collection.</summary>
    public float Unscoped() => ((wide * 0.5 + 0.25).exp() / 3 - (1 - wide).sigmoid() * 0.125).sum().item<float>();

    public void Dispose()
    {
        network.Dispose();
        optimizer.Dispose();
        x.Dispose();
        target.Dispose();
        t.Dispose();
        wide.Dispose();
    }
}
