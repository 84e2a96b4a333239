using Diffusion.Inference.Batching;
using Diffusion.Inference.Engine;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>One tick as it was seen from outside.</summary>
internal sealed class TickNote
{
    public required int Number { get; init; }

    /// <summary>Virtual milliseconds.</summary>
    public required double Start { get; init; }

    public double End { get; set; }

    /// <summary>What could have run: of each client in each lane that is loaded, the rows of its next steps.</summary>
    public required Dictionary<(LaneKey Lane, string Client), int> Wanted { get; init; }

    /// <summary>Pictures that could have run.</summary>
    public required IReadOnlyList<(Told Told, int Picture)> Waiting { get; init; }

    /// <summary>Whether ticks may be no larger than the knee.</summary>
    public required bool IsHurried { get; init; }

    /// <summary>What the cost models knew.</summary>
    public required Func<LaneKey, (CostFit Fit, int Cap)> Costs { get; init; }

    /// <summary>The lane that ran; null if none did.</summary>
    public LaneKey? Lane { get; set; }

    /// <summary>The rows of its first batch: the whole plan, before anything was split.</summary>
    public RowInput[] Planned { get; set; } = [];

    public int Evaluations => Planned.Sum(r => r.IsGuided ? 2 : 1);

    /// <summary>Evaluations of each client in it.</summary>
    public Dictionary<string, int> Had { get; } = [];

    /// <summary>What the service says is waiting, and what is by the count of who asked: rows, generations, slots.</summary>
    public (long Rows, int Generations, int Slots) Books { get; set; }

    public (long Rows, int Generations, int Slots) Counted { get; set; }
}
