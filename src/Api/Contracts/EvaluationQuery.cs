using System.Globalization;
using Diffusion.Api.Access;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;
using Diffusion.Training.EvaluationJobs;

namespace Diffusion.Api.Contracts;

/// <summary>The query of the list of evaluations.</summary>
/// <param name="Limit">How many at most.</param>
/// <param name="Cursor">Only those before this id, or null.</param>
/// <param name="State">Only those that stand there, or null.</param>
/// <param name="Model">Only those of this model, or null.</param>
internal sealed record EvaluationQuery(int Limit, string? Cursor, EvaluationState? State, string? Model)
{
    public const int MaxLimit = 200;

    private const int UsualLimit = 50;

    private static readonly string[] Fields = ["limit", "cursor", "state", "model"];

    /// <summary>The words for the states.</summary>
    public static IReadOnlyDictionary<string, EvaluationState> States { get; } = Enum.GetValues<EvaluationState>().ToDictionary(s => s.ToString().ToLowerInvariant());

    /// <exception cref="RequestRefusedException">A field is unknown or wrong; all of them are named.</exception>
    public static EvaluationQuery Read(IQueryCollection query)
    {
        var given = RequestFields.OfQuery(query).Without(n => n == KeyAuthentication.Query);
        var (values, errors) = (given.Values, given.Errors.ToList());
        foreach (var unknown in values.Keys.Except(Fields)) errors.Add(new(unknown, $"There is no field '{unknown}'. Fields: {string.Join(", ", Fields)}."));
        var limit = UsualLimit;
        if (values.TryGetValue("limit", out var number) && !(int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MaxLimit))
            errors.Add(new("limit", $"limit must be a whole number, 1..{MaxLimit}, got '{number}'."));
        EvaluationState? state = null;
        if (values.TryGetValue("state", out var word))
        {
            if (States.TryGetValue(word, out var known)) state = known;
            else errors.Add(new("state", $"state must be one of {string.Join(", ", States.Keys)}, got '{word}'."));
        }
        return errors.Count == 0 ? new EvaluationQuery(limit, values.GetValueOrDefault("cursor"), state, values.GetValueOrDefault("model")) : throw RequestRefusedException.Invalid(errors);
    }
}
