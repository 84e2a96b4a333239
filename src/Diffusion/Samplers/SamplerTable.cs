using System.Collections.Immutable;

namespace Diffusion.Samplers;

/// <summary>A sampler compiled for one request: the rows in the order they run, in float64.</summary>
/// <param name="Rows">At least one; the last of a sampler leaves x = x0.</param>
/// <param name="StartScale">Standard deviation of x_T: 1 for variance-preserving schedules, sigma_T where variance explodes.</param>
public sealed record SamplerTable(ImmutableArray<SamplerRow> Rows, double StartScale = 1);
