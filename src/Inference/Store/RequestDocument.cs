using System.Text.Json;
using System.Text.Json.Serialization;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Store;

/// <summary>A resolved request as it lies on disk: JSON that names its format, so that fields may come without a change of the schema.</summary>
/// <param name="Format">Rises when the meaning of a field changes.</param>
/// <param name="Request">With every default filled in.</param>
/// <param name="Answer">See <see cref="GenerationRecord.Answer"/>.</param>
internal sealed record RequestDocument(int Format, GenerationRequest Request, IReadOnlyDictionary<string, string> Answer)
{
    private const int Current = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static string Write(GenerationRequest request, IReadOnlyDictionary<string, string> answer) =>
        JsonSerializer.Serialize(new RequestDocument(Current, request, answer), Json);

    /// <exception cref="InvalidDataException">It was written by a newer version, or is damaged.</exception>
    public static RequestDocument Read(string text)
    {
        try
        {
            var document = JsonSerializer.Deserialize<RequestDocument>(text, Json);
            if (document is { Format: Current, Request: not null, Answer: not null }) return document;
            throw new InvalidDataException($"A stored request has format {document?.Format}; this version reads {Current}.");
        }
        catch (JsonException damage)
        {
            throw new InvalidDataException($"A stored request cannot be read: {damage.Message}", damage);
        }
    }
}
