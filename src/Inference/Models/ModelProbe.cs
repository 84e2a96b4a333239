using System.Runtime.InteropServices;
using Diffusion.Checkpoints;
using Diffusion.Guidance;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Samplers;

namespace Diffusion.Inference.Models;

/// <summary>
/// What a model must show before it serves: that its outputs are finite, and in batches of which sizes a row has the
/// same bits wherever it stands and whoever stands beside it.
/// </summary>
/// <remarks>
/// Kernels add in an order that depends on the shape of the batch and, at its edges, on the position. So each size is
/// run with different rows in order, with the same rows reversed, and with one row and nothing but padding. What is
/// compared is what a tick leaves behind, so guidance, noise and the update are probed too.
/// </remarks>
internal sealed class ModelProbe
{
    private const ulong Seed = 20060712;
    private readonly ILaneRunner lane;
    private readonly CheckpointManifest manifest;
    private readonly PictureShape shape;

    private ModelProbe(ILaneRunner lane, CheckpointManifest manifest, PictureShape shape) => (this.lane, this.manifest, this.shape) = (lane, manifest, shape);

    /// <summary>Refuses a network that cannot serve.</summary>
    /// <param name="network">The model.</param>
    /// <param name="manifest">What it says of itself.</param>
    /// <param name="maxRows">Evaluations of a batch at most.</param>
    /// <exception cref="InvalidOperationException">The network gives values that are not finite.</exception>
    public static void RequireFinite(ILoadedModel network, CheckpointManifest manifest, int maxRows)
    {
        var shape = PictureShape.Of(manifest);
        using var lane = network.Open(shape);
        var states = new ModelProbe(lane, manifest, shape).Tick([.. Enumerable.Range(0, Math.Min(4, maxRows))], 0);
        if (states.Any(row => row.Any(value => !float.IsFinite(value))))
            throw new InvalidOperationException("The network answers noise with NaN or infinity.");
    }

    /// <summary>Finds the sizes for strict rows.</summary>
    /// <param name="network">The model.</param>
    /// <param name="manifest">What it says of itself.</param>
    /// <param name="maxRows">The largest size to probe.</param>
    public static StrictSizes Run(ILoadedModel network, CheckpointManifest manifest, int maxRows)
    {
        var shape = PictureShape.Of(manifest);
        using var lane = network.Open(shape);
        var probe = new ModelProbe(lane, manifest, shape);
        var found = Sizes(maxRows).ToDictionary(size => size, probe.Probe);
        var largest = found.Where(f => f.Value is not null).Select(f => f.Key).DefaultIfEmpty(1).Max();
        var agreeing = found.Where(f => f.Value is { } rows && AgreesWith(found[largest]!, rows)).Select(f => f.Key).DefaultIfEmpty(1);
        return new StrictSizes(found.ToDictionary(f => f.Key, f => f.Value is not null), [.. agreeing.Order()]);
    }

    private static IEnumerable<int> Sizes(int most)
    {
        for (var size = 1; size < most; size *= 2) yield return size;
        yield return most;
    }

    /// <summary>The states that rows 0, 1, 2 ... have after a tick of this size, or null if they depend on it.</summary>
    private float[][]? Probe(int size)
    {
        var rows = RowsOf(size);
        var inOrder = Tick(rows, size);
        var reversed = Tick([.. rows.Reverse()], size);
        var alone = Tick([rows[0]], size);
        Array.Reverse(reversed);
        return AgreesWith(inOrder, reversed) && AgreesWith(inOrder, alone) ? inOrder : null;
    }

    private int[] RowsOf(int size)
    {
        var rows = new List<int>();
        for (var room = size; room > 0; rows.Add(rows.Count)) room -= Input(rows.Count, 0).IsGuided ? 2 : 1;
        // a pair that does not fit is left out, and padded for
        return rows.Sum(r => Input(r, 0).IsGuided ? 2 : 1) > size ? [.. rows.SkipLast(1)] : [.. rows];
    }

    private float[][] Tick(int[] rows, int size)
    {
        var x = new float[rows.Length * shape.Values];
        var memory = new float[manifest.Network.Memory ? x.Length : 0];
        for (var i = 0; i < rows.Length; i++)
        {
            NoiseRows.Start(Seed, rows[i], 1, x.AsSpan(i * shape.Values, shape.Values));
            if (memory.Length > 0) NoiseRows.Memory(Seed, rows[i], memory.AsSpan(i * shape.Values, shape.Values));
        }
        var slots = lane.Place(x, memory, keepsHistory: true);
        try
        {
            var outputs = lane.Run([.. rows.Select((row, i) => Input(row, slots[i]))], size);
            return [.. outputs.Noisy.Zip(outputs.Clean, (noisy, clean) => (float[])[.. noisy!, .. clean!])];
        }
        finally
        {
            foreach (var slot in slots) lane.Release(slot);
        }
    }

    // times, labels, guidance and coefficients that differ from row to row; none is special
    private RowInput Input(int row, int slot)
    {
        var time = (row * 37 + manifest.Schedule.Steps / 2) % manifest.Schedule.Steps;
        var update = new SamplerRow { TimeIndex = time, P = 0.9, Q = -0.3, A = 0.6, B = 0.3 + 0.01 * row, C = 0.1, D = row % 2 == 0 ? 0.2 : 0, E = manifest.Network.LearnedVariance ? 0.3 : 0, Threshold = row % 4 == 3 ? 0.9 : null };
        // a Langevin step sums over the picture, which must not depend on the batch either
        if (row % 4 == 1) update = update with { A = -1.3, B = 1, C = 0, D = 1, E = 0, F = 0.2 };
        int? label = manifest.Network.Classes is { } classes ? row % classes : null;
        return new RowInput(slot, update, row, Seed, row, label, row % 3 == 2 ? 2.5 : 1, row % 6 == 2 ? 0.7 : 0, null, FrameDemand.Noisy | FrameDemand.Clean) { Parallel = row % 6 == 5 ? 0.1 : GuidanceProjection.Whole };
    }

    private static bool AgreesWith(float[][] some, float[][] others)
    {
        for (var i = 0; i < Math.Min(some.Length, others.Length); i++)
            if (!MemoryMarshal.AsBytes<float>(some[i]).SequenceEqual(MemoryMarshal.AsBytes<float>(others[i]))) return false;
        return true;
    }
}
