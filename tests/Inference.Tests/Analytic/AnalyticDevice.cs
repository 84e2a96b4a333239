using Diffusion.Checkpoints;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Testing;

namespace Diffusion.Inference.Tests.Analytic;

/// <summary>
/// A device without tensors: a batch of b evaluations takes <see cref="PerTick"/> + b <see cref="PerRow"/> of the
/// virtual clock. Told so, it runs out of memory, breaks, or gives NaN.
/// </summary>
internal sealed class AnalyticDevice(ManualTimeProvider clock) : IDevice
{
    public TimeSpan PerTick { get; set; } = TimeSpan.FromMilliseconds(6);

    public TimeSpan PerRow { get; set; } = TimeSpan.FromMilliseconds(0.06);

    /// <summary>Batches of more evaluations are out of memory.</summary>
    public int MemoryRows { get; set; } = int.MaxValue;

    /// <summary>A lane has memory for the states of so many pictures.</summary>
    public int Slots { get; set; } = int.MaxValue;

    /// <summary>Called with the time of a batch; moves the clock unless told otherwise.</summary>
    public Action<TimeSpan> Passes { get; set; } = clock.Advance;

    /// <summary>Called with the rows of a batch after they are computed and before any state changes; may throw.</summary>
    public Action<IReadOnlyList<RowInput>>? BeforeCommit { get; set; }

    /// <summary>Rows whose result is NaN.</summary>
    public Func<RowInput, bool>? IsPoisoned { get; set; }

    /// <summary>Called with every version before it is loaded; may throw.</summary>
    public Action<CheckpointVersion>? BeforeLoad { get; set; }

    /// <summary>Models that are loaded and not disposed.</summary>
    public int Loaded { get; private set; }

    /// <summary>Evaluations so far.</summary>
    public long Evaluations { get; private set; }

    /// <summary>Batches so far, failed ones too.</summary>
    public long Batches { get; private set; }

    /// <summary>Added to the output of a row in a pass of so many evaluations at a position there: kernels that depend on shapes.</summary>
    public Func<int, int, float>? Perturbation { get; set; }

    /// <summary>Sizes of the batches that worked, padding included.</summary>
    public List<int> Sizes { get; } = [];

    /// <summary>How often it was asked to give memory back.</summary>
    public int Trims { get; private set; }

    public string Name => "analytic";

    public bool PrefersFewSizes { get; set; }

    public int Enter() => 1;

    public void Trim() => Trims++;

    public ILoadedNetwork Load(CheckpointVersion version)
    {
        BeforeLoad?.Invoke(version);
        Loaded++;
        return new Model(this, version.Manifest);
    }

    /// <summary>Takes the time of a batch, or fails.</summary>
    public void Evaluate(IReadOnlyList<RowInput> rows, int evaluations)
    {
        Batches++;
        Evaluations += evaluations;
        Passes(PerTick + evaluations * PerRow);
        if (evaluations > MemoryRows) throw new InvalidOperationException("CUDA out of memory. Tried to allocate 2.00 GiB.");
        BeforeCommit?.Invoke(rows);
        Sizes.Add(evaluations);
    }

    private sealed class Model(AnalyticDevice device, CheckpointManifest manifest) : ILoadedModel
    {
        private bool disposed;

        public long Bytes => manifest.Files[CheckpointVersion.WeightsFile].Bytes;

        public ILaneRunner Open(PictureShape shape)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return new AnalyticLaneRunner(device, manifest, shape, () => ObjectDisposedException.ThrowIf(disposed, this));
        }

        public void Dispose()
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            disposed = true;
            device.Loaded--;
        }
    }
}
