using Diffusion.Checkpoints;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>A lane around another one: everything passes through, and who derives from it changes one thing.</summary>
internal abstract class LaneRunnerShell(ILaneRunner inner) : ILaneRunner
{
    protected ILaneRunner Inner => inner;

    public virtual int UsedSlots => inner.UsedSlots;

    public virtual int[] Place(float[] x, float[] memory, bool keepsHistory) => inner.Place(x, memory, keepsHistory);

    public virtual void Release(int slot) => inner.Release(slot);

    public virtual RowOutputs Run(IReadOnlyList<RowInput> rows, int size) => inner.Run(rows, size);

    public virtual void Dispose() => inner.Dispose();
}

/// <summary>A device whose lanes are put into shells.</summary>
internal sealed class ShellDevice(IDevice inner, Func<ILaneRunner, ILaneRunner> wrap) : IDevice
{
    public string Name => inner.Name;

    public bool PrefersFewSizes => inner.PrefersFewSizes;

    public int Enter() => inner.Enter();

    public void Trim() => inner.Trim();

    public ILoadedNetwork Load(CheckpointVersion version) => new Model((ILoadedModel)inner.Load(version), wrap);

    private sealed class Model(ILoadedModel inner, Func<ILaneRunner, ILaneRunner> wrap) : ILoadedModel
    {
        private const int OfProbes = 2;
        private int opened;

        public long Bytes => inner.Bytes;

        // the first lanes are for the probes of a model that is being loaded: is it sound, and which batches are steady
        public ILaneRunner Open(PictureShape shape) => opened++ < OfProbes ? inner.Open(shape) : wrap(inner.Open(shape));

        public void Dispose() => inner.Dispose();
    }
}
