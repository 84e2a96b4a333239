using Diffusion.Guidance;
using Diffusion.Inference.Models;
using Diffusion.Samplers;

namespace Diffusion.Inference.Jobs;

/// <summary>A request with every default filled in, its sampler compiled and its model version held.</summary>
/// <param name="Lease">Keeps the version that was resolved at admission.</param>
/// <param name="Sampler">Catalogue name.</param>
/// <param name="Table">The rows of each picture.</param>
/// <param name="Labels">The label of each picture, null where unconditional.</param>
/// <param name="Guidance">s in out = u + s (c - u); 1 is none.</param>
internal sealed record AcceptedRequest(
    ModelLease Lease, string Sampler, SamplerTable Table, ulong Seed, IReadOnlyList<int?> Labels, double Guidance)
{
    public int Count => Labels.Count;

    public int Steps => Table.Rows.Length;

    /// <summary>Whether a step takes a conditional and an unconditional evaluation.</summary>
    public bool IsGuided => Labels[0] is not null && ClassifierFreeGuidance.RowsFor(Guidance) == GuidanceRows.Both;

    /// <summary>Network evaluations of one step of one picture.</summary>
    public int Cost => IsGuided ? 2 : 1;

    /// <summary>Network evaluations in all.</summary>
    public long Rows => (long)Count * Steps * Cost;
}
