using System.Runtime.InteropServices;
using Diffusion.Guidance;
using Diffusion.Inference.Jobs;
using Diffusion.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Inference.Engine;

/// <summary>A lane on a device of libtorch: every state of a tick in one tensor, every operation on all rows at once.</summary>
internal sealed class TorchLaneRunner : ILaneRunner
{
    private readonly Denoiser denoiser;
    private readonly PictureShape shape;
    private readonly SampleSlots slots;

    public TorchLaneRunner(Denoiser denoiser, PictureShape shape)
    {
        (this.denoiser, this.shape) = (denoiser, shape);
        slots = new SampleSlots(shape, denoiser.Device);
        if (denoiser.Manifest.Network.Memory) slots.KeepHistory();
    }

    public int UsedSlots => slots.Used;

    public int[] Place(float[] x, float[] memory, bool keepsHistory)
    {
        if (keepsHistory) slots.KeepHistory();
        var taken = new int[x.Length / shape.Values];
        for (var i = 0; i < taken.Length; i++) taken[i] = slots.Take();
        try
        {
            slots.Place(Array.ConvertAll(taken, s => (long)s), x, memory.Length == 0 ? null : memory);
            return taken;
        }
        catch
        {
            foreach (var slot in taken) slots.Release(slot);
            throw;
        }
    }

    public void Release(int slot) => slots.Release(slot);

    public RowOutputs Run(IReadOnlyList<RowInput> rows)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var index = Index(rows.Select(r => (long)r.Slot));
        var (x, history) = slots.Gather(index);
        var output = Evaluate(rows, x, history);
        var (noise, noisyRows) = Noise(rows);
        var (next, clean) = RowUpdate.Apply([.. rows.Select(r => r.Row)], x, output, history, noise, noisyRows);
        var finite = Finite(output, next);
        var results = Fetch(rows, finite, next, clean, history);
        Commit(index, next, clean, finite);
        return results;
    }

    public void Dispose() => slots.Dispose();

    private Tensor Evaluate(IReadOnlyList<RowInput> rows, Tensor x, Tensor? history)
    {
        var guided = Enumerable.Range(0, rows.Count).Where(i => rows[i].IsGuided).ToArray();
        var network = denoiser.Manifest.Network;
        var memory = network.Memory ? history : null;
        var times = rows.Select(r => (long)r.Row.TimeIndex).Concat(guided.Select(i => (long)rows[i].Row.TimeIndex));
        var labels = network.NullLabel is { } none
            ? Index(rows.Select(r => (long)(r.FirstLabel ?? none)).Concat(guided.Select(_ => (long)none)))
            : null;
        var pairs = guided.Length == 0 ? null : Index(guided.Select(i => (long)i));
        var output = denoiser.Evaluate(Twice(x, pairs), Index(times), labels, memory is null ? null : Twice(memory, pairs));
        // a learned variance is a second set of channels; no row uses it
        if (network.LearnedVariance) output = output.narrow(1, 0, network.Channels);
        return pairs is null ? output : Guide(rows, guided, pairs, output);
    }

    private Tensor Guide(IReadOnlyList<RowInput> rows, int[] guided, Tensor pairs, Tensor output)
    {
        var first = output.narrow(0, 0, rows.Count);
        var unconditional = output.narrow(0, rows.Count, guided.Length);
        var scales = tensor(Array.ConvertAll(guided, i => (float)rows[i].Guidance), [guided.Length, 1, 1, 1], device: denoiser.Device);
        return first.index_copy_(0, pairs, ClassifierFreeGuidance.Combine(first.index_select(0, pairs), unconditional, scales));
    }

    private (Tensor? Noise, Tensor? Rows) Noise(IReadOnlyList<RowInput> rows) => NoiseRows.Steps(rows, shape) is { } drawn
        ? (tensor(drawn.Values, [drawn.Rows.Length, shape.Channels, shape.Height, shape.Width], device: denoiser.Device), Index(drawn.Rows))
        : (null, null);

    // the output too: clipping would hide an infinity in it
    private static bool[] Finite(Tensor output, Tensor next)
    {
        var mask = output.isfinite().flatten(1).all(1).logical_and(next.isfinite().flatten(1).all(1)).cpu();
        return mask.data<bool>().ToArray();
    }

    // all that anybody waits for, in one copy off the device
    private RowOutputs Fetch(IReadOnlyList<RowInput> rows, bool[] finite, Tensor next, Tensor clean, Tensor? shown)
    {
        var outputs = RowOutputs.Of(finite);
        List<Tensor> parts = [];
        List<(float[]?[] Into, int[] Rows)> places = [];
        Ask(FrameDemand.Noisy, next, outputs.Noisy);
        Ask(FrameDemand.Clean, clean, outputs.Clean);
        if (shown is not null) Ask(FrameDemand.Memory, shown, outputs.Memory);
        if (parts.Count == 0) return outputs;
        var host = (parts.Count == 1 ? parts[0] : cat(parts, 0)).contiguous().cpu();
        var all = MemoryMarshal.Cast<byte, float>(host.bytes);
        foreach (var (into, asked) in places)
        {
            foreach (var row in asked)
            {
                into[row] = all[..shape.Values].ToArray();
                all = all[shape.Values..];
            }
        }
        return outputs;

        void Ask(FrameDemand kind, Tensor values, float[]?[] into)
        {
            var asked = Enumerable.Range(0, rows.Count).Where(i => rows[i].Demand.HasFlag(kind)).ToArray();
            if (asked.Length == 0) return;
            parts.Add(asked.Length == rows.Count ? values : values.index_select(0, Index(asked.Select(i => (long)i))));
            places.Add((into, asked));
        }
    }

    private void Commit(Tensor index, Tensor next, Tensor clean, bool[] finite)
    {
        if (finite.All(f => f))
        {
            slots.Commit(index, next, clean);
            return;
        }
        var good = Enumerable.Range(0, finite.Length).Where(i => finite[i]).Select(i => (long)i).ToArray();
        if (good.Length == 0) return;
        var rows = Index(good);
        slots.Commit(index.index_select(0, rows), next.index_select(0, rows), clean.index_select(0, rows));
    }

    private static Tensor Twice(Tensor values, Tensor? pairs) => pairs is null ? values : cat([values, values.index_select(0, pairs)], 0);

    private Tensor Index(IEnumerable<long> values) => tensor(values.ToArray(), device: denoiser.Device);
}
