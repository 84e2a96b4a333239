using Diffusion.Guidance;
using Diffusion.Inference.Jobs;
using Diffusion.Samplers;

namespace Diffusion.Inference.Engine;

/// <summary>One row of a tick, as the tensors need it.</summary>
/// <param name="Slot">Where the picture's state is.</param>
/// <param name="Row">What to compute.</param>
/// <param name="Step">Index of the row in its table; part of the noise's counter.</param>
/// <param name="Seed">The request's seed.</param>
/// <param name="Sample">Number of the picture in the noise of the seed.</param>
/// <param name="Label">Class, or null.</param>
/// <param name="Guidance">s; 0 and 1 take one evaluation.</param>
/// <param name="Rescale">phi of a guidance pair; 0 is none.</param>
/// <param name="Classifier">What guides it besides, or null.</param>
/// <param name="Demand">What must come back to the host.</param>
internal readonly record struct RowInput(
    int Slot, SamplerRow Row, int Step, ulong Seed, int Sample, int? Label, double Guidance, double Rescale, ClassifierTerm? Classifier, FrameDemand Demand)
{
    /// <summary>eta of a guidance pair: the share that it keeps of what is added along the estimate; 1 is all.</summary>
    public double Parallel { get; init; } = GuidanceProjection.Whole;

    public bool IsGuided => Label is not null && ClassifierFreeGuidance.RowsFor(Guidance) == GuidanceRows.Both;

    /// <summary>The label of the first evaluation: guidance 0 asks for the unconditional one alone.</summary>
    public int? FirstLabel => ClassifierFreeGuidance.RowsFor(Guidance) == GuidanceRows.Unconditional ? null : Label;
}
