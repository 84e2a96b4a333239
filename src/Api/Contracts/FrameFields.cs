using System.Globalization;
using System.Text.Json;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Contracts;

/// <summary>
/// Reads which frames a caller wants. As text, in a query or a body: <c>frames=all|none|every:N|steps:a,b,c</c> and
/// <c>kinds=x_t,x0,memory</c>. As an object, over the hub and the WebSocket:
/// <c>{ every, atSteps, maxFps, kinds, samples, noisy, clean, record }</c>.
/// </summary>
internal static class FrameFields
{
    public const string Name = "frames", Kinds = "kinds", MaxFps = "maxFps", Samples = "samples";

    /// <summary>What the text form allows, for messages.</summary>
    public const string Allowed = "all, none, every:N or steps:a,b,c";

    private const string All = "all", Never = "none", Every = "every:", Steps = "steps:";

    /// <summary>The text form, or null if it is not given.</summary>
    /// <param name="fields">All fields of the request.</param>
    /// <param name="errors">Told what is wrong.</param>
    public static FrameOptions? Read(IReadOnlyDictionary<string, string> fields, ICollection<FieldError> errors)
    {
        var (frames, kinds) = (fields.GetValueOrDefault(Name), fields.GetValueOrDefault(Kinds));
        if (frames is null && kinds is null) return null;
        var selected = frames switch
        {
            null or All => new FrameOptions(),
            Never => FrameOptions.None,
            _ when frames.StartsWith(Every, StringComparison.Ordinal) && Whole(frames[Every.Length..], 1) is { } every => new FrameOptions(every),
            _ when frames.StartsWith(Steps, StringComparison.Ordinal) && List(frames[Steps.Length..], 1) is { } steps => new FrameOptions { AtSteps = steps },
            _ => null,
        };
        if (selected is null) errors.Add(new(Name, $"frames must be {Allowed}, got '{frames}'."));
        if (kinds is null || selected is null || selected == FrameOptions.None) return selected;
        if (WithKinds(selected, kinds.Split(',', StringSplitOptions.TrimEntries)) is { } chosen) return chosen;
        errors.Add(new(Kinds, $"kinds must be some of {string.Join(", ", FrameKinds.All)}, got '{kinds}'."));
        return null;
    }

    /// <summary>The text form for a watcher, who may also ask for a rate and for some pictures.</summary>
    /// <inheritdoc cref="Read(IReadOnlyDictionary{string, string}, ICollection{FieldError})"/>
    public static FrameOptions? ReadWatching(IReadOnlyDictionary<string, string> fields, ICollection<FieldError> errors)
    {
        var frames = Read(fields, errors);
        if (fields.TryGetValue(MaxFps, out var rate))
        {
            if (double.TryParse(rate, NumberStyles.Float, CultureInfo.InvariantCulture, out var fps) && double.IsFinite(fps) && fps > 0) frames = (frames ?? new()) with { MaxFps = fps };
            else errors.Add(new(MaxFps, $"maxFps must be a number above 0, got '{rate}'."));
        }
        if (fields.TryGetValue(Samples, out var list))
        {
            if (List(list, 0) is { } samples) frames = (frames ?? new()) with { Samples = samples };
            else errors.Add(new(Samples, $"samples must be a comma list of picture numbers from 0, got '{list}'."));
        }
        return frames;
    }

    /// <summary>The object form.</summary>
    /// <param name="given">The member <c>frames</c>; null for none.</param>
    /// <returns>What to send, all by default; and whether the same is kept.</returns>
    /// <exception cref="RequestRefusedException">A member is unknown or of the wrong kind.</exception>
    public static (FrameOptions Frames, bool Record) Read(JsonElement? given)
    {
        if (given is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } members) return (new FrameOptions(), false);
        if (members.ValueKind == JsonValueKind.String)
        {
            var errors = new List<FieldError>();
            var read = Read(new Dictionary<string, string> { [Name] = members.GetString()! }, errors);
            return errors.Count == 0 ? (read!, false) : throw RequestRefusedException.Invalid(errors);
        }
        if (members.ValueKind != JsonValueKind.Object) throw Wrong($"frames must be an object such as {{\"every\": 1, \"kinds\": [\"x_t\"]}}, or {Allowed}.");
        var (frames, record) = (new FrameOptions(), false);
        foreach (var member in members.EnumerateObject())
        {
            var value = member.Value;
            frames = member.Name switch
            {
                "every" when value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var every) && every >= 0 => frames with { Every = every },
                "atSteps" when List(value, 1) is { } steps => frames with { AtSteps = steps },
                "maxFps" when value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var fps) && fps > 0 => frames with { MaxFps = fps },
                "samples" when List(value, 0) is { } samples => frames with { Samples = samples },
                "kinds" when value.ValueKind == JsonValueKind.Array && WithKinds(frames, value.EnumerateArray().Select(k => k.ToString())) is { } chosen => chosen,
                "noisy" when Flag(value) is { } noisy => frames with { Noisy = noisy },
                "clean" when Flag(value) is { } clean => frames with { Clean = clean },
                "record" when Flag(value) is { } keep => (record = keep) ? frames : frames,
                "every" => throw Wrong("frames.every must be a whole number, 0 or more; 0 is no frames."),
                "atSteps" => throw Wrong("frames.atSteps must be a list of whole numbers from 1."),
                "samples" => throw Wrong("frames.samples must be a list of picture numbers from 0."),
                "maxFps" => throw Wrong("frames.maxFps must be a number above 0."),
                "kinds" => throw Wrong($"frames.kinds must be a list of some of {string.Join(", ", FrameKinds.All)}."),
                "noisy" or "clean" or "record" => throw Wrong($"frames.{member.Name} must be true or false."),
                _ => throw Wrong($"There is no member '{member.Name}' in frames; there are: every, atSteps, maxFps, kinds, samples, noisy, clean, record."),
            };
        }
        return (frames, record);
    }

    private static FrameOptions? WithKinds(FrameOptions frames, IEnumerable<string> kinds)
    {
        var names = kinds.ToArray();
        return names.Length > 0 && names.All(FrameKinds.All.Contains)
            ? frames with { Noisy = names.Contains(FrameKinds.Noisy), Clean = names.Contains(FrameKinds.Clean), Memory = names.Contains(FrameKinds.Memory) }
            : null;
    }

    private static int? Whole(string text, int least) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least ? value : null;

    private static int[]? List(string text, int least) => Sorted([.. text.Split(',', StringSplitOptions.TrimEntries).Select(p => Whole(p, least))]);

    private static int[]? List(JsonElement value, int least) => value.ValueKind != JsonValueKind.Array
        ? null
        : Sorted([.. value.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var number) && number >= least ? number : (int?)null)]);

    // in one order, so that watchers with the same wish are known to have it
    private static int[]? Sorted(int?[] numbers) => numbers.Length > 0 && numbers.All(n => n is not null) ? [.. numbers.Select(n => n!.Value).Distinct().Order()] : null;

    private static bool? Flag(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : null;

    private static RequestRefusedException Wrong(string message) => RequestRefusedException.Invalid([new FieldError(Name, message)]);
}
