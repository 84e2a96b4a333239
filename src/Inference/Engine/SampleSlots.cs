using Diffusion.Inference.Jobs;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Inference.Engine;

/// <summary>
/// The states of a lane's pictures on the device: x and, where needed, h, one slot each, all in one tensor [kinds, slots,
/// C, H, W]. A tick gathers the slots of its rows and writes them back in one operation: a picture that waits costs
/// memory and nothing else, and x never changes without its h.
/// </summary>
internal sealed class SampleSlots(PictureShape shape, Device device, bool hasMemory) : IDisposable
{
    private const int Smallest = 8;
    private readonly Stack<int> free = new();
    private Tensor? states;
    private int capacity;
    private bool keepsHistory = hasMemory;

    /// <summary>Slots in use.</summary>
    public int Used => capacity - free.Count;

    public void Release(int slot) => free.Push(slot);

    /// <summary>From now on every slot has an h, zero until it is written.</summary>
    public void KeepHistory()
    {
        if (keepsHistory) return;
        if (states is not null) states = Enlarge(states, kinds: 2, capacity);
        keepsHistory = true;
    }

    /// <summary>Takes a slot for each picture and writes its first state; takes none if it throws.</summary>
    /// <param name="x">[K, C, H, W].</param>
    /// <param name="memory">h, [K, C, H, W]; empty for zero.</param>
    public int[] Place(float[] x, float[] memory)
    {
        var taken = new int[x.Length / shape.Values];
        if (free.Count < taken.Length) Grow(Used + taken.Length);
        for (var i = 0; i < taken.Length; i++) taken[i] = free.Pop();
        try
        {
            Write(taken, x, memory);
            return taken;
        }
        catch
        {
            foreach (var slot in taken) free.Push(slot);
            throw;
        }
    }

    /// <param name="index">Slots, [B], int64.</param>
    /// <returns>x and h, [B, C, H, W]; h is null where none is kept.</returns>
    public (Tensor X, Tensor? History) Gather(Tensor index)
    {
        var gathered = states!.index_select(1, index);
        return (gathered.select(0, 0), keepsHistory ? gathered.select(0, 1) : null);
    }

    /// <summary>Writes the states of some slots, all of them or, if it throws, none.</summary>
    public void Commit(Tensor index, Tensor nextX, Tensor nextHistory) =>
        states!.index_copy_(1, index, keepsHistory ? stack([nextX, nextHistory]) : nextX.unsqueeze(0));

    public void Dispose() => states?.Dispose();

    private void Write(int[] slots, float[] x, float[] memory)
    {
        using var scope = NewDisposeScope();
        long[] dimensions = [slots.Length, shape.Channels, shape.Height, shape.Width];
        // a slot is used again: what it held before must not be taken for a history
        var history = memory.Length == 0 ? zeros(dimensions, float32, device) : tensor(memory, dimensions, device: device);
        Commit(tensor(Array.ConvertAll(slots, s => (long)s), device: device), tensor(x, dimensions, device: device), history);
    }

    private void Grow(int needed)
    {
        var larger = Math.Max(Math.Max(Smallest, capacity * 2), needed);
        states = Enlarge(states, keepsHistory ? 2 : 1, larger);
        for (var slot = larger - 1; slot >= capacity; slot--) free.Push(slot);
        capacity = larger;
    }

    private Tensor Enlarge(Tensor? old, int kinds, int slots)
    {
        var grown = zeros([kinds, slots, shape.Channels, shape.Height, shape.Width], float32, device).DetachFromDisposeScope();
        if (old is null) return grown;
        using var part = grown.narrow(0, 0, old.size(0)).narrow(1, 0, old.size(1));
        using var same = part.copy_(old);
        old.Dispose();
        return grown;
    }
}
