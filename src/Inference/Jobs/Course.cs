using Diffusion.Inference.Batching;
using Diffusion.Noise;
using Diffusion.Samplers;

namespace Diffusion.Inference.Jobs;

/// <summary>
/// The rows of a request and how its pictures go through them. Rows of an inversion come before those of the sampler:
/// an image enters at row 0, a state x_T enters where the way down begins.
/// </summary>
/// <param name="Table">All rows; the engine does not ask which of them go up.</param>
/// <param name="Ascent">How many rows go up; the first row of the way down.</param>
/// <param name="Time">The t in 1..T where the way up ends and the way down begins.</param>
/// <param name="Starts">The start of each picture; null for one that lies between the first and the last.</param>
/// <param name="Path">Where those lie.</param>
internal sealed record Course(SamplerTable Table, int Ascent, int Time, IReadOnlyList<PictureStart?> Starts, NoisePath Path)
{
    /// <summary>Pictures from the noise of one seed, from one of its pictures on.</summary>
    public static Course FromNoise(SamplerTable table, ulong seed, int first, int count) =>
        new(table, 0, table.Rows[0].TimeIndex + 1, [.. Enumerable.Range(first, count).Select(i => new SeedStart(seed, i))], NoisePath.Slerp);

    /// <summary>Whether a picture's x_T must come to the host, because others lie between it and its like.</summary>
    public bool IsEnd(int picture) => Starts[picture] is ImageStart && Starts.Contains(null);

    /// <summary>How far a picture between the ends is from the first, 0..1.</summary>
    public double Position(int picture) => (double)picture / (Starts.Count - 1);

    /// <summary>What the planner has to know; null if every picture enters at the first row.</summary>
    public Entries? Entries => Ascent == 0
        ? null
        : new Entries(
            [.. Starts.Select(s => s is ImageStart ? 0 : Ascent)],
            [.. Enumerable.Range(0, Starts.Count).Where(i => Starts[i] is null && Starts.Any(s => s is ImageStart))],
            Ascent);
}
