using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Diffusion.Api.Access;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;
using Diffusion.Training.Live;
using Diffusion.Training.Runs;

namespace Diffusion.Api.Contracts;

/// <summary>Reads the queries of the calls on training jobs and image sets; every field that is unknown or wrong is named.</summary>
internal sealed partial class TrainingQuery
{
    /// <summary>The largest page of jobs.</summary>
    public const int MaxLimit = 200;

    private const int UsualLimit = 50;

    private static readonly Dictionary<string, QueuedJobState> States = Enum.GetValues<QueuedJobState>().ToDictionary(s => s.ToString().ToLowerInvariant());

    private readonly IReadOnlyDictionary<string, string> values;
    private readonly List<FieldError> errors;

    /// <param name="request">The call.</param>
    /// <param name="fields">All that it may have.</param>
    public TrainingQuery(HttpRequest request, params string[] fields)
    {
        var given = RequestFields.OfQuery(request.Query).Without(n => n == KeyAuthentication.Query);
        (values, errors) = (given.Values, [.. given.Errors]);
        var known = fields.Length == 0 ? "This call has none." : $"Fields: {string.Join(", ", fields)}.";
        foreach (var unknown in values.Keys.Except(fields)) errors.Add(new(unknown, $"There is no field '{unknown}'. {known}"));
    }

    /// <summary>A whole number, or null if it is not given.</summary>
    public int? Whole(string name, int minimum, int maximum)
    {
        if (!values.TryGetValue(name, out var text)) return null;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum) return value;
        errors.Add(new(name, $"{name} must be a whole number, {minimum}..{maximum}, got '{text}'."));
        return null;
    }

    /// <summary>What was given, or null.</summary>
    public string? Text(string name) => values.GetValueOrDefault(name);

    /// <summary>true or false; false if it is not given.</summary>
    public bool Flag(string name)
    {
        if (!values.TryGetValue(name, out var text) || text == "false") return false;
        if (text != "true") errors.Add(new(name, $"{name} must be true or false, got '{text}'."));
        return true;
    }

    /// <summary>Where a watcher goes on: after Last-Event-ID, or at <c>fromStep</c>.</summary>
    public WatchCursor Cursor(IHeaderDictionary headers)
    {
        var from = WatchCursor.From(Whole("fromStep", 0, int.MaxValue) ?? 0);
        if (headers[EventsQuery.LastEventId] is not [{ Length: > 0 } last]) return from;
        if (WatchCursor.Parse(last) is { } seen) return seen;
        errors.Add(new(EventsQuery.LastEventId, $"{EventsQuery.LastEventId} must be the id of an event of this stream, such as 2.120.100, got '{last}'."));
        return from;
    }

    /// <summary>The fields of a list.</summary>
    public (int Limit, string? Cursor, QueuedJobState? State) Page()
    {
        var limit = Whole("limit", 1, MaxLimit) ?? UsualLimit;
        if (values.TryGetValue("cursor", out var cursor) && !Ids().IsMatch(cursor)) errors.Add(new("cursor", $"cursor must be the 'next' of a page before, got '{cursor}'."));
        QueuedJobState? state = null;
        if (values.TryGetValue("state", out var word))
        {
            if (States.TryGetValue(word, out var known)) state = known;
            else errors.Add(new("state", $"state must be one of {string.Join(", ", States.Keys)}, got '{word}'."));
        }
        return (limit, cursor, state);
    }

    /// <exception cref="RequestRefusedException">Anything was wrong.</exception>
    public void Close()
    {
        if (errors.Count > 0) throw RequestRefusedException.Invalid(errors);
    }

    /// <summary>The body of PUT priority: <c>{ "priority": 5 }</c>.</summary>
    /// <exception cref="RequestRefusedException">It is something else.</exception>
    public static int Priority(JsonElement? body)
    {
        const string name = "priority";
        var range = $"priority must be a whole number, {-TrainingQueue.MostPriority}..{TrainingQueue.MostPriority}";
        if (body is not { ValueKind: JsonValueKind.Object } fields) throw RequestRefusedException.Invalid([new(name, "The body must be {\"priority\": N}.")]);
        var errors = fields.EnumerateObject().Where(f => f.Name != name).Select(f => new FieldError(f.Name, $"There is no field '{f.Name}'; there is: priority.")).ToList();
        if (!fields.TryGetProperty(name, out var given)) errors.Add(new(name, $"{range}; it is missing."));
        else if (given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out var priority) && Math.Abs((long)priority) <= TrainingQueue.MostPriority)
        {
            if (errors.Count == 0) return priority;
        }
        else errors.Add(new(name, $"{range}, got {given.GetRawText()}."));
        throw RequestRefusedException.Invalid(errors);
    }

    [GeneratedRegex(@"^\d{6,9}$")]
    private static partial Regex Ids();
}
