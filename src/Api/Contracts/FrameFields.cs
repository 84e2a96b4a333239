using System.Text.Json;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Contracts;

/// <summary>Reads which frames a hub caller wants: <c>frames: { every, noisy, clean }</c>; all of them by default.</summary>
internal static class FrameFields
{
    /// <summary>The member of the request.</summary>
    public const string Name = "frames";

    /// <exception cref="RequestRefusedException">A member is unknown or of the wrong kind.</exception>
    public static FrameOptions Read(JsonElement request)
    {
        if (request.ValueKind != JsonValueKind.Object || !request.TryGetProperty(Name, out var given) || given.ValueKind == JsonValueKind.Null) return new FrameOptions();
        if (given.ValueKind != JsonValueKind.Object) throw Wrong("frames must be an object such as {\"every\": 1, \"noisy\": true, \"clean\": true}.");
        var frames = new FrameOptions();
        foreach (var member in given.EnumerateObject())
        {
            frames = member.Name switch
            {
                "every" when member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt32(out var every) && every >= 0 => frames with { Every = every },
                "noisy" when member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False => frames with { Noisy = member.Value.GetBoolean() },
                "clean" when member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False => frames with { Clean = member.Value.GetBoolean() },
                "every" => throw Wrong("frames.every must be a whole number, 0 or more; 0 is no frames."),
                "noisy" or "clean" => throw Wrong($"frames.{member.Name} must be true or false."),
                _ => throw Wrong($"There is no member '{member.Name}' in frames; there are: every, noisy, clean."),
            };
        }
        return frames;
    }

    private static RequestRefusedException Wrong(string message) => RequestRefusedException.Invalid([new FieldError(Name, message)]);
}
