using System.Text.Json.Serialization;

namespace Diffusion.Inference.Jobs;

/// <summary>How soon somebody needs the pictures; the field <c>priority</c>. Among the requests of one client the first goes before the others.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RequestClass>))]
public enum RequestClass
{
    /// <summary>Somebody waits and looks.</summary>
    [JsonStringEnumMemberName("interactive")] Interactive,

    /// <summary>A program waits.</summary>
    [JsonStringEnumMemberName("batch")] Batch,

    /// <summary>Nobody waits: measurements over thousands of pictures.</summary>
    [JsonStringEnumMemberName("evaluation")] Evaluation,
}
