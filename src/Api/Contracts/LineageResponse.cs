using Diffusion.Checkpoints;

namespace Diffusion.Api.Contracts;

/// <summary>The relatives of a version.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Its number.</param>
/// <param name="Ancestors">What it came from, nearest first.</param>
/// <param name="Descendants">What came from it, nearest first.</param>
internal sealed record LineageResponse(string Model, int Version, IReadOnlyList<RelativeResponse> Ancestors, IReadOnlyList<RelativeResponse> Descendants);

/// <summary>A version among the relatives of another one.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Its number.</param>
/// <param name="State"><c>present</c>, <c>deleted</c>, or <c>unknown</c> for one that was never here.</param>
/// <param name="Distance">Generations between the two.</param>
/// <param name="Parents">What it came from itself, with its part in it: initial, teacher, average or imported.</param>
/// <param name="Created">When it was published; null if nothing is known of it.</param>
/// <param name="Objective">What it was trained for.</param>
/// <param name="Data">The data set it was trained on.</param>
/// <param name="ImagesSeen">Training images seen, repeats counted.</param>
/// <param name="Metrics">Measured quality by name.</param>
internal sealed record RelativeResponse(
    string Model, int Version, string State, int Distance, IReadOnlyList<LineageLink> Parents, DateTimeOffset? Created, string? Objective, string? Data, long? ImagesSeen,
    IReadOnlyDictionary<string, double>? Metrics)
{
    /// <summary>The public view of a relative.</summary>
    public static RelativeResponse Of(LineageNode node, VersionResults results) => new(
        node.Model, node.Version, node.State.ToString().ToLowerInvariant(), node.Distance, node.Parents,
        node.Manifest?.Created, node.Manifest?.Objective, node.Manifest?.Data.Name, node.Manifest?.ImagesSeen, node.Manifest is { } known ? results.Latest(known.Metrics) : null);
}
