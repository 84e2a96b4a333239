using System.Runtime.InteropServices;
using Diffusion.Guidance;
using Diffusion.Inference.Jobs;
using Diffusion.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Inference.Engine;

/// <summary>
/// A lane on a device of libtorch: the states in one tensor, every operation on all rows at once. Padding goes through
/// all of them, so that with one size every kernel sees one shape.
/// </summary>
internal sealed class TorchLaneRunner(Denoiser denoiser, PictureShape shape, int threads) : ILaneRunner
{
    private readonly SampleSlots slots = new(shape, denoiser.Device, denoiser.Manifest.Network.Memory);

    public int UsedSlots => slots.Used;

    public int[] Place(float[] x, float[] memory, bool keepsHistory)
    {
        if (keepsHistory) slots.KeepHistory();
        return slots.Place(x, memory);
    }

    public void Release(int slot) => slots.Release(slot);

    public RowOutputs Run(IReadOnlyList<RowInput> rows, int size)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var packed = new PackedRows(rows, size);
        ThreadTeam.Use(threads, denoiser.Manifest.Network, size == 0 ? packed.Source.Length : size);
        var (x, history) = slots.Gather(Index(packed.Slots));
        var (images, v) = Halves(Evaluate(packed, x, history, size));
        var output = Guide(packed, x, images);
        var (noise, noisyRows, langevin) = Noise(rows);
        if (v is not null && noise is not null) noise = RowUpdate.Spread(noise, packed.Rows, v, noisyRows!);
        var (next, clean) = RowUpdate.Apply(packed.Rows, x, output, history, noise, noisyRows, langevin, ClassifierRows.Of(rows, x), v);
        // first what may run out of memory, then the states: a batch that fails is run again in halves
        var results = Fetch(rows, Finite(output, next), next, clean, history);
        Commit(rows, results.IsFinite, next, clean);
        return results;
    }

    public void Dispose() => slots.Dispose();

    private Tensor Evaluate(PackedRows packed, Tensor x, Tensor? history, int size)
    {
        var network = denoiser.Manifest.Network;
        var times = Index(packed.Times);
        var labels = network.NullLabel is { } none ? Index(packed.Labels(none)) : null;
        var memory = network.Memory ? history : null;
        var count = packed.Source.Length;
        if (size == 0 || size == count) return denoiser.Evaluate(x, times, labels, memory);
        var passes = Enumerable.Range(0, count / size).Select(pass => pass * size).Select(from => denoiser.Evaluate(
            x.narrow(0, from, size), times.narrow(0, from, size), labels?.narrow(0, from, size), memory?.narrow(0, from, size)));
        return cat([.. passes], 0);
    }

    // v is that of a row's first evaluation, the one with the label: guidance moves the image and not its variance
    private (Tensor Images, Tensor? V) Halves(Tensor output)
    {
        var network = denoiser.Manifest.Network;
        return network.LearnedVariance ? (output.narrow(1, 0, network.Channels), output.narrow(1, network.Channels, network.Channels)) : (output, null);
    }

    private Tensor Guide(PackedRows packed, Tensor x, Tensor output)
    {
        if (!packed.HasPairs) return output;
        var without = output.index_select(0, Index(packed.Partner));
        var guided = ClassifierFreeGuidance.Combine(output, without, PerRow(packed.Scales));
        if (packed.Projected is { Length: > 0 } projected) Project(packed, projected, x, output, without, guided);
        if (packed.Rescaled is not { Length: > 0 } rescaled) return guided;
        var which = Index(rescaled);
        var calmer = GuidanceRescale.Apply(guided.index_select(0, which), output.index_select(0, which), PerRow(packed.RescaleShares));
        return guided.index_copy_(0, which, calmer);
    }

    private void Project(PackedRows packed, long[] rows, Tensor x, Tensor output, Tensor without, Tensor guided)
    {
        var which = Index(rows);
        var (p, q, taken) = packed.Projections(rows);
        var given = output.index_select(0, which);
        var clean = x.index_select(0, which).mul(PerRow(p)).add(given.mul(PerRow(q)));
        guided.index_copy_(0, which, GuidanceProjection.Apply(guided.index_select(0, which), given, without.index_select(0, which), clean, PerRow(taken)));
    }

    private Tensor PerRow(float[] values) => tensor(values, [values.Length, 1, 1, 1], device: denoiser.Device);

    private (Tensor? Noise, Tensor? Rows, LangevinRows? Langevin) Noise(IReadOnlyList<RowInput> rows) => NoiseRows.Steps(rows, shape) is { } drawn
        ? (tensor(drawn.Values, [drawn.Rows.Length, shape.Channels, shape.Height, shape.Width], device: denoiser.Device), Index(drawn.Rows), LangevinRows.Of(rows, drawn.Rows, denoiser.Device))
        : (null, null, null);

    // the output too: clipping would hide an infinity in it
    private static Tensor Finite(Tensor output, Tensor next) => output.isfinite().flatten(1).all(1).logical_and(next.isfinite().flatten(1).all(1));

    // all that anybody waits for, in the one copy off the device that a tick waits for
    private RowOutputs Fetch(IReadOnlyList<RowInput> rows, Tensor finite, Tensor next, Tensor clean, Tensor? shown)
    {
        List<Tensor> parts = [finite.to(float32)];
        List<(FrameDemand Kind, int[] Rows)> places = [];
        Ask(FrameDemand.Noisy, next);
        Ask(FrameDemand.Clean, clean);
        if (shown is not null) Ask(FrameDemand.Memory, shown);
        var host = (parts.Count == 1 ? parts[0] : cat(parts, 0)).cpu();
        var all = MemoryMarshal.Cast<byte, float>(host.bytes);
        var outputs = RowOutputs.Of(Array.ConvertAll(all[..rows.Count].ToArray(), f => f != 0));
        all = all[(int)finite.numel()..];
        foreach (var (kind, asked) in places)
        {
            var into = kind switch { FrameDemand.Noisy => outputs.Noisy, FrameDemand.Clean => outputs.Clean, _ => outputs.Memory };
            foreach (var row in asked)
            {
                into[row] = all[..shape.Values].ToArray();
                all = all[shape.Values..];
            }
        }
        return outputs;

        void Ask(FrameDemand kind, Tensor values)
        {
            var asked = Enumerable.Range(0, rows.Count).Where(i => rows[i].Demand.HasFlag(kind)).ToArray();
            if (asked.Length == 0) return;
            parts.Add((asked.Length == values.size(0) ? values : values.index_select(0, Index(Array.ConvertAll(asked, i => (long)i)))).flatten());
            places.Add((kind, asked));
        }
    }

    private void Commit(IReadOnlyList<RowInput> rows, bool[] finite, Tensor next, Tensor clean)
    {
        var good = Enumerable.Range(0, rows.Count).Where(i => finite[i]).ToArray();
        if (good.Length == 0) return;
        if (good.Length < next.size(0))
        {
            var kept = Index(Array.ConvertAll(good, i => (long)i));
            (next, clean) = (next.index_select(0, kept), clean.index_select(0, kept));
        }
        slots.Commit(Index(Array.ConvertAll(good, i => (long)rows[i].Slot)), next, clean);
    }

    private Tensor Index(long[] values) => tensor(values, device: denoiser.Device);
}
