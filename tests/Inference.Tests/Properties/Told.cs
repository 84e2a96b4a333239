using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>A request that was accepted, and what was seen of it.</summary>
internal sealed class Told(Ask ask, Generation generation, double askedAt)
{
    public Ask Ask => ask;

    public Generation Generation => generation;

    /// <summary>Virtual milliseconds.</summary>
    public double AskedAt => askedAt;

    /// <summary>Virtual milliseconds by which it was promised.</summary>
    public double? Due => askedAt + generation.Request.Deadline?.TotalMilliseconds;

    /// <summary>Rows that took effect, in their order.</summary>
    public List<(int Tick, RowInput Row)> Ran { get; } = [];

    /// <summary>Evaluations that took effect.</summary>
    public long Evaluations { get; set; }

    /// <summary>Rows done of each picture.</summary>
    public int[] Done { get; } = new int[generation.Count];

    /// <summary>Whether a row of it failed alone, or became NaN: the only reasons to fail it.</summary>
    public bool IsConvicted { get; set; }

    /// <summary>The last tick that may still run rows of it, because somebody canceled it; null while nobody did.</summary>
    public int? LastTick { get; set; }

    /// <summary>The number of the tick after which it had ended, and when that was.</summary>
    public (int Tick, double At)? Ended { get; set; }

    public Reader? Reader { get; set; }

    public bool IsFinal => generation.State is GenerationState.Succeeded or GenerationState.Failed or GenerationState.Canceled;

    /// <summary>Pictures that are not done, as rows of their next step.</summary>
    public int RowsWanted => IsFinal ? 0 : Done.Count(d => d < generation.Steps) * generation.Request.Cost;

    public override string ToString() => $"request {ask.Seed} ({generation.State}, {Evaluations} of {generation.Request.Rows} rows)";
}
