using Diffusion.Checkpoints;
using Diffusion.Inference;
using Diffusion.Inference.Engine;
using Diffusion.Networks;
using Microsoft.Extensions.Options;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Bench.Peers;

/// <summary>One evaluation of the shipped digit model, as the engine's thread does it.</summary>
internal sealed class ForwardPass : IDisposable
{
    private readonly Denoiser denoiser;
    private readonly Dictionary<int, (Tensor X, Tensor Times, Tensor Labels)> inputs = [];

    public ForwardPass(string models, int threads)
    {
        Threads = new TorchDevice(Options.Create(new InferenceOptions { Device = "cpu", Threads = threads })).Enter();
        var version = new CheckpointStore(models, TimeProvider.System).Find("digits-ddpm") ?? throw new ArgumentException($"No digits-ddpm in {models}.");
        denoiser = Denoiser.Load(version, CPU);
    }

    /// <summary>Of libtorch, on this thread.</summary>
    public int Threads { get; }

    public void Run(int batch)
    {
        using var scope = NewDisposeScope();
        Evaluate(batch);
    }

    public float[] Output(int batch)
    {
        using var scope = NewDisposeScope();
        return Evaluate(batch).data<float>().ToArray();
    }

    public void Dispose()
    {
        foreach (var (x, times, labels) in inputs.Values)
            foreach (var tensor in (Tensor[])[x, times, labels]) tensor.Dispose();
        denoiser.Dispose();
    }

    private Tensor Evaluate(int batch)
    {
        if (!inputs.TryGetValue(batch, out var given)) inputs[batch] = given = Inputs(batch);
        ThreadTeam.Use(Threads, denoiser.Manifest.Network, batch);
        return denoiser.Evaluate(given.X, given.Times, given.Labels);
    }

    // peer.py makes the same numbers
    private (Tensor, Tensor, Tensor) Inputs(int batch)
    {
        var network = denoiser.Manifest.Network;
        var values = new float[batch * network.Channels * network.ImageSize * network.ImageSize];
        for (var i = 0; i < values.Length; i++) values[i] = (float)Math.Sin(i * 0.37);
        var rows = Enumerable.Range(0, batch).Select(i => (long)i).ToArray();
        return (tensor(values, [batch, network.Channels, network.ImageSize, network.ImageSize]).DetachFromDisposeScope(),
            tensor(Array.ConvertAll(rows, i => i * 7 % 1000)).DetachFromDisposeScope(), tensor(Array.ConvertAll(rows, i => i % 10)).DetachFromDisposeScope());
    }
}
