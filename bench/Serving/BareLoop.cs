using System.Diagnostics;
using Diffusion.Checkpoints;
using Diffusion.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Bench.Serving;

/// <summary>The network evaluated over one fixed batch, and nothing else: no sampler arithmetic, no noise, no events.</summary>
internal sealed class BareLoop : IDisposable
{
    private readonly Denoiser denoiser;
    private readonly Tensor x, timeIndex, labels;
    private readonly int steps, threads;

    public BareLoop(string folder, string model, int batch, int steps, int threads)
    {
        var version = new CheckpointStore(folder, TimeProvider.System).Find(model) ?? throw new ArgumentException($"No model '{model}' in {folder}.");
        denoiser = Denoiser.Load(version, CPU);
        (this.steps, this.threads) = (steps, threads);
        var network = version.Manifest.Network;
        x = randn([batch, network.Channels, network.ImageSize, network.ImageSize]);
        timeIndex = full([batch], 500, dtype: int64);
        labels = tensor(Enumerable.Range(0, batch).Select(i => (long)i % (network.Classes ?? 1)).ToArray());
    }

    /// <summary>Milliseconds for all steps.</summary>
    public double Run()
    {
        ThreadTeam.Use(threads, denoiser.Manifest.Network, (int)x.size(0));
        var started = Stopwatch.GetTimestamp();
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            denoiser.Evaluate(x, timeIndex, labels);
        }
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    public void Dispose()
    {
        x.Dispose();
        timeIndex.Dispose();
        labels.Dispose();
        denoiser.Dispose();
    }
}
