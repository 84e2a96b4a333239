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
    public bool PrefersFewSizes => inner.PrefersFewSizes;

    public int Enter() => inner.Enter();

    public void Trim() => inner.Trim();

    public ILoadedNetwork Load(CheckpointVersion version) => new Model((ILoadedModel)inner.Load(version), wrap);

    private sealed class Model(ILoadedModel inner, Func<ILaneRunner, ILaneRunner> wrap) : ILoadedModel
    {
        private bool isProbed;

        public long Bytes => inner.Bytes;

        // the first lane is for the probe of a model that is being loaded
        public ILaneRunner Open(PictureShape shape)
        {
            var lane = inner.Open(shape);
            if (isProbed) return wrap(lane);
            isProbed = true;
            return lane;
        }

        public void Dispose() => inner.Dispose();
    }
}
