using Diffusion.Inference.Jobs;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Inference.Engine;

/// <summary>
/// The states of a lane's pictures on the device: x and, where needed, h, one slot each. A tick gathers the slots of
/// its rows and writes them back in one operation, so a picture that waits costs memory and nothing else.
/// </summary>
internal sealed class SampleSlots(PictureShape shape, Device device) : IDisposable
{
    private const int Smallest = 8;
    private readonly Stack<int> free = new();
    private Tensor? x, history;
    private int capacity;

    /// <summary>Slots in use.</summary>
    public int Used => capacity - free.Count;

    public bool HasHistory => history is not null;

    public int Take()
    {
        if (free.Count == 0) Grow();
        return free.Pop();
    }

    public void Release(int slot) => free.Push(slot);

    /// <summary>From now on every slot has an h, zero until it is written.</summary>
    public void KeepHistory() => history ??= New(Math.Max(capacity, Smallest));

    /// <summary>Writes first states: [K, C, H, W] values of each kind.</summary>
    public void Place(long[] slots, float[] start, float[]? firstHistory)
    {
        using var scope = NewDisposeScope();
        long[] dimensions = [slots.Length, shape.Channels, shape.Height, shape.Width];
        var index = tensor(slots, device: device);
        x!.index_copy_(0, index, tensor(start, dimensions, device: device));
        if (history is null) return;
        // a slot is used again: what it held before must not be taken for a history
        var first = firstHistory is null ? zeros(dimensions, float32, device) : tensor(firstHistory, dimensions, device: device);
        history.index_copy_(0, index, first);
    }

    public (Tensor X, Tensor? History) Gather(Tensor index) => (x!.index_select(0, index), history?.index_select(0, index));

    public void Commit(Tensor index, Tensor nextX, Tensor nextHistory)
    {
        x!.index_copy_(0, index, nextX);
        history?.index_copy_(0, index, nextHistory);
    }

    public void Dispose()
    {
        x?.Dispose();
        history?.Dispose();
    }

    private void Grow()
    {
        var larger = Math.Max(Smallest, capacity * 2);
        x = Enlarge(x, larger);
        if (history is not null && history.size(0) < larger) history = Enlarge(history, larger);
        for (var slot = larger - 1; slot >= capacity; slot--) free.Push(slot);
        capacity = larger;
    }

    private Tensor Enlarge(Tensor? old, int larger)
    {
        var grown = New(larger);
        if (old is null) return grown;
        using var part = grown.narrow(0, 0, old.size(0));
        using var same = part.copy_(old);
        old.Dispose();
        return grown;
    }

    private Tensor New(int slots) =>
        zeros([slots, shape.Channels, shape.Height, shape.Width], float32, device).DetachFromDisposeScope();
}
