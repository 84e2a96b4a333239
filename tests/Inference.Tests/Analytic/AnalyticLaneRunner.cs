using Diffusion.Checkpoints;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Analytic;

/// <summary>The states of a lane in one array, and the update of a row on it.</summary>
internal sealed class AnalyticLaneRunner(AnalyticDevice device, CheckpointManifest manifest, PictureShape shape, Action requireModel) : ILaneRunner
{
    private readonly AnalyticNetwork network = AnalyticNetwork.Of(manifest);
    private readonly Stack<int> free = new();
    private readonly HashSet<int> used = [];
    private float[] x = [], history = [], nextX = [], nextHistory = [];

    public int UsedSlots => used.Count;

    public int[] Place(float[] first, float[] memory, bool keepsHistory)
    {
        var taken = new int[first.Length / shape.Values];
        if (used.Count + taken.Length > device.Slots) throw new InvalidOperationException("CUDA out of memory. Tried to allocate 2.00 GiB.");
        for (var i = 0; i < taken.Length; i++)
        {
            taken[i] = Take();
            first.AsSpan(i * shape.Values, shape.Values).CopyTo(Of(x, taken[i]));
            if (memory.Length == 0) Of(history, taken[i]).Clear();
            else memory.AsSpan(i * shape.Values, shape.Values).CopyTo(Of(history, taken[i]));
        }
        return taken;
    }

    public void Release(int slot)
    {
        if (!used.Remove(slot)) throw new InvalidOperationException($"Slot {slot} is not in use.");
        free.Push(slot);
    }

    public RowOutputs Run(IReadOnlyList<RowInput> rows, int size)
    {
        requireModel();
        if (nextX.Length < rows.Count * shape.Values) (nextX, nextHistory) = (new float[rows.Count * shape.Values], new float[rows.Count * shape.Values]);
        var outputs = RowOutputs.Of(new bool[rows.Count]);
        var evaluations = rows.Count + Pairs(rows);
        if (size > 0) evaluations = (evaluations + size - 1) / size * size;
        var pass = size > 0 ? size : evaluations;
        for (var i = 0; i < rows.Count; i++) Compute(rows[i], i, device.Perturbation?.Invoke(pass, i % pass) ?? 0, outputs);
        Add(rows, NoiseRows.Steps(rows, shape));
        device.Evaluate(rows, evaluations);
        for (var i = 0; i < rows.Count; i++) Commit(rows[i], i, outputs);
        return outputs;
    }

    public void Dispose()
    {
        if (used.Count > 0) throw new InvalidOperationException($"{used.Count} slots are still in use.");
    }

    private void Compute(RowInput input, int at, float perturbation, RowOutputs outputs)
    {
        if (!used.Contains(input.Slot)) throw new InvalidOperationException($"Slot {input.Slot} is not in use.");
        var row = input.Row;
        var values = Of(x, input.Slot);
        var memory = Of(history, input.Slot);
        var next = Of(nextX, at);
        var clean = Of(nextHistory, at);
        for (var i = 0; i < values.Length; i++)
        {
            var output = network.Guided(values[i], memory[i], row.TimeIndex, input.Label, (float)input.Guidance) + perturbation;
            clean[i] = (float)row.P * values[i] + (float)row.Q * output;
            if (row.ClipsClean) clean[i] = Math.Clamp(clean[i], -1, 1);
            next[i] = (float)row.A * values[i] + (float)row.B * clean[i] + (float)row.C * memory[i];
        }
        outputs.IsFinite[at] = device.IsPoisoned?.Invoke(input) != true;
    }

    private void Add(IReadOnlyList<RowInput> rows, (float[] Values, long[] Rows)? noise)
    {
        if (noise is not { } drawn) return;
        for (var k = 0; k < drawn.Rows.Length; k++)
        {
            var row = rows[(int)drawn.Rows[k]];
            AnalyticReference.Finish(row.Row, Of(x, row.Slot), Of(nextX, (int)drawn.Rows[k]), drawn.Values.AsSpan(k * shape.Values, shape.Values));
        }
    }

    private void Commit(RowInput row, int at, RowOutputs outputs)
    {
        var next = Of(nextX, at);
        var clean = Of(nextHistory, at);
        if (row.Demand.HasFlag(FrameDemand.Noisy)) outputs.Noisy[at] = next.ToArray();
        if (row.Demand.HasFlag(FrameDemand.Clean)) outputs.Clean[at] = clean.ToArray();
        if (row.Demand.HasFlag(FrameDemand.Memory)) outputs.Memory[at] = Of(history, row.Slot).ToArray();
        if (!outputs.IsFinite[at]) return;
        next.CopyTo(Of(x, row.Slot));
        clean.CopyTo(Of(history, row.Slot));
    }

    private static int Pairs(IReadOnlyList<RowInput> rows)
    {
        var pairs = 0;
        for (var i = 0; i < rows.Count; i++)
            if (rows[i].IsGuided) pairs++;
        return pairs;
    }

    private int Take()
    {
        if (!free.TryPop(out var slot)) slot = used.Count;
        used.Add(slot);
        if (x.Length < (slot + 1) * shape.Values)
        {
            Array.Resize(ref x, Math.Max(64, 2 * (slot + 1)) * shape.Values);
            Array.Resize(ref history, x.Length);
        }
        return slot;
    }

    private Span<float> Of(float[] states, int index) => states.AsSpan(index * shape.Values, shape.Values);
}
