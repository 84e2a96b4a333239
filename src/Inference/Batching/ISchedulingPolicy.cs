namespace Diffusion.Inference.Batching;

/// <summary>
/// A way to choose the rows of a tick. Pure: it reads a <see cref="WorkSet"/> and changes nothing, so the same set gives
/// the same plan, and a plan that fails costs nobody a turn. A policy has no fields that change; what it has to
/// remember, the set remembers for it.
/// </summary>
internal interface ISchedulingPolicy
{
    /// <summary>The setting <c>Inference:Policy</c> that chooses it.</summary>
    string Name { get; }

    /// <summary>One sentence: what it does and when to use it.</summary>
    string Description { get; }

    /// <summary>
    /// The next tick, or null if there is nothing to run. A plan holds pictures of one lane, each at most once and with
    /// all rows of its step, and at least one; its rows are at most <see cref="TickLimits.RowsOf"/>, or one picture.
    /// </summary>
    BatchPlan? Plan(WorkSet work, TickLimits limits);
}
