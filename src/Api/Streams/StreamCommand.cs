using System.Runtime.InteropServices;
using System.Text.Json;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Streams;

/// <summary>A request whose answer is a stream: what to generate, and which frames to send.</summary>
internal sealed record StreamCommand(GenerationRequest Request, FrameOptions Frames)
{
    /// <summary>Reads the fields of POST /generate as a JSON object, in which <c>frames</c> may be an object too.</summary>
    /// <exception cref="RequestRefusedException">A field is unknown or wrong.</exception>
    public static StreamCommand Read(JsonElement message)
    {
        JsonBody.RequireTexts(JsonMarshal.GetRawUtf8Value(message));
        var given = message.ValueKind == JsonValueKind.Object && message.TryGetProperty(FrameFields.Name, out var member) && member.ValueKind != JsonValueKind.String
            ? member
            : (JsonElement?)null;
        // refused before the other fields: a wrong member must not be hidden by them
        var (frames, record) = FrameFields.Read(given);
        var command = GenerateFields.Read(RequestFields.OfJson(message, except: given is null ? null : FrameFields.Name));
        if (given is null) return Of(command);
        if (command.Frames is not null) throw RequestRefusedException.Invalid([new FieldError(FrameFields.Kinds, "kinds stands inside frames where frames is an object.")]);
        return new StreamCommand(command.Request with { Record = record ? frames with { MaxFps = null, Samples = [] } : null }, frames);
    }

    /// <summary>All frames are sent unless some were chosen, and those are kept too.</summary>
    public static StreamCommand Of(GenerateCommand command) => new(command.Request, command.Frames ?? new FrameOptions());
}
