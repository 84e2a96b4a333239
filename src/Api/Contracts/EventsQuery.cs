using System.Globalization;
using Diffusion.Api.Access;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Contracts;

/// <summary>Which events of a generation a reader wants.</summary>
/// <param name="Frames">Which frames; all by default.</param>
/// <param name="FromSequence">The first lifecycle event: after Last-Event-ID, or as <c>from</c> says.</param>
/// <param name="LastSeen">Last-Event-ID, or null.</param>
internal sealed record EventsQuery(FrameOptions Frames, long FromSequence, long? LastSeen)
{
    public const string From = "from", LastEventId = "Last-Event-ID";

    private static readonly string[] Fields = [From, FrameFields.Name, FrameFields.Kinds, FrameFields.MaxFps, FrameFields.Samples];

    /// <exception cref="RequestRefusedException">A field is unknown or wrong.</exception>
    public static EventsQuery Read(HttpRequest request)
    {
        var fields = RequestFields.OfQuery(request.Query).Without(n => n == KeyAuthentication.Query);
        var errors = new List<FieldError>(fields.Errors);
        foreach (var unknown in fields.Values.Keys.Except(Fields)) errors.Add(new(unknown, $"There is no field '{unknown}'. Fields: {string.Join(", ", Fields)}."));
        long? seen = request.Headers[LastEventId] is [{ Length: > 0 } last] ? Sequence(LastEventId, last, errors) : null;
        long? from = fields.Values.TryGetValue(From, out var first) ? Sequence(From, first, errors) : null;
        var frames = FrameFields.ReadWatching(fields.Values, errors) ?? new FrameOptions();
        if (errors.Count > 0) throw RequestRefusedException.Invalid(errors);
        return new EventsQuery(frames, seen + 1 ?? from ?? 0, seen);
    }

    private static long Sequence(string name, string text, List<FieldError> errors)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)) return sequence;
        errors.Add(new(name, $"{name} must be the sequence of an event, a whole number from 0, got '{text}'."));
        return 0;
    }
}
