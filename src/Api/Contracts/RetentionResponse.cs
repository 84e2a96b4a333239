using Diffusion.Checkpoints;

namespace Diffusion.Api.Contracts;

/// <summary>What retention makes of the versions of a model.</summary>
/// <param name="Model">Model name.</param>
/// <param name="KeepNewest">So many of the newest sound versions are kept; null: all.</param>
/// <param name="MinimumAgeSeconds">A version that is younger stays.</param>
/// <param name="Versions">Every version, ascending.</param>
internal sealed record RetentionResponse(string Model, int? KeepNewest, double MinimumAgeSeconds, IReadOnlyList<RetentionVerdict> Versions)
{
    /// <summary>The public view of the verdicts.</summary>
    public static RetentionResponse Of(string model, RetentionRule rule, IReadOnlyList<RetentionVerdict> versions) => new(model, rule.KeepNewest, rule.MinimumAge.TotalSeconds, versions);
}
