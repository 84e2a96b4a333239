using System.Runtime.InteropServices;
using System.Text.Json;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Streams;

/// <summary>
/// The first message of a WebSocket: <c>{"generate": {the fields of POST /generate, frames may be an object}}</c>, or
/// <c>{"watch": "gen_...", "from": 0, "frames": {...}}</c>.
/// </summary>
internal sealed record SocketOpening(StreamCommand? Generate, string? Watch, long From, FrameOptions Frames)
{
    /// <exception cref="RequestRefusedException">It is neither of the two.</exception>
    public static SocketOpening Read(JsonElement message)
    {
        JsonBody.RequireTexts(JsonMarshal.GetRawUtf8Value(message));
        if (message.ValueKind != JsonValueKind.Object) throw Wrong("");
        if (message.TryGetProperty("generate", out var request))
        {
            Only(message, "generate");
            var command = StreamCommand.Read(request);
            return new SocketOpening(command, null, 0, command.Frames);
        }
        if (!message.TryGetProperty("watch", out var id) || id.ValueKind != JsonValueKind.String) throw Wrong("watch");
        Only(message, "watch", "from", FrameFields.Name);
        long from = 0;
        if (message.TryGetProperty("from", out var first) && !(first.ValueKind == JsonValueKind.Number && first.TryGetInt64(out from) && from >= 0))
            throw RequestRefusedException.Invalid([new FieldError("from", "from must be the sequence of an event, a whole number from 0.")]);
        var frames = message.TryGetProperty(FrameFields.Name, out var wanted) ? FrameFields.Read(wanted).Frames : new FrameOptions();
        return new SocketOpening(null, id.GetString(), from, frames);
    }

    private static void Only(JsonElement message, params string[] known)
    {
        foreach (var member in message.EnumerateObject())
            if (!known.Contains(member.Name)) throw RequestRefusedException.Invalid([new FieldError(member.Name, $"There is no member '{member.Name}' here; there are: {string.Join(", ", known)}.")]);
    }

    private static RequestRefusedException Wrong(string field) => RequestRefusedException.Invalid(
        [new FieldError(field, "The first message is {\"generate\": {...}} with the fields of POST /generate, or {\"watch\": \"gen_...\"}.")]);
}
