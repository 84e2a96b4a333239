using System.Globalization;
using System.Text.RegularExpressions;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Store;

namespace Diffusion.Api.Contracts;

/// <summary>Which generations a list shows.</summary>
/// <param name="Limit">How many at most, 1..200.</param>
/// <param name="Cursor">Where the page before ended, or null.</param>
/// <param name="State">Only those that stand there, or null.</param>
internal sealed partial record GenerationQuery(int Limit, string? Cursor, RecordState? State)
{
    /// <summary>The largest page.</summary>
    public const int MaxLimit = 200;

    private const int UsualLimit = 50;

    private static readonly string[] Fields = ["limit", "cursor", "state"];

    private static readonly Dictionary<string, RecordState> States = Enum.GetValues<RecordState>().ToDictionary(s => s.ToString().ToLowerInvariant());

    /// <exception cref="RequestRefusedException">A field is unknown or wrong; all are named.</exception>
    public static GenerationQuery Read(IQueryCollection query)
    {
        var fields = RequestFields.OfQuery(query);
        var errors = new List<FieldError>(fields.Errors);
        foreach (var unknown in fields.Values.Keys.Except(Fields)) errors.Add(new(unknown, $"There is no field '{unknown}'. Fields: {string.Join(", ", Fields)}."));
        var limit = UsualLimit;
        if (fields.Values.TryGetValue("limit", out var most) && !(int.TryParse(most, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MaxLimit))
            errors.Add(new("limit", $"limit must be a whole number, 1..{MaxLimit}, got '{most}'."));
        if (fields.Values.TryGetValue("cursor", out var cursor) && !Cursors().IsMatch(cursor))
            errors.Add(new("cursor", $"cursor must be the 'next' of a page before, got '{cursor}'."));
        RecordState? state = null;
        if (fields.Values.TryGetValue("state", out var word))
        {
            if (States.TryGetValue(word, out var known)) state = known;
            else errors.Add(new("state", $"state must be one of {string.Join(", ", States.Keys)}, got '{word}'."));
        }
        return errors.Count > 0 ? throw RequestRefusedException.Invalid(errors) : new GenerationQuery(limit, cursor, state);
    }

    [GeneratedRegex("^gen_[0-9a-f]{32}$")]
    private static partial Regex Cursors();
}
