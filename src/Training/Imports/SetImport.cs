using System.Text.Json.Serialization;
using Diffusion.Training.Data;

namespace Diffusion.Training.Imports;

/// <summary>Where an upload and its import stand.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SetImportState>))]
public enum SetImportState
{
    /// <summary>Not all of its bytes are here.</summary>
    [JsonStringEnumMemberName("receiving")] Receiving,

    /// <summary>Waits for its turn to be imported.</summary>
    [JsonStringEnumMemberName("queued")] Queued,

    /// <summary>Is being imported; after a restart it is imported from the start.</summary>
    [JsonStringEnumMemberName("importing")] Importing,

    /// <summary>Has become an image set.</summary>
    [JsonStringEnumMemberName("succeeded")] Succeeded,

    /// <summary>Could not be imported; nothing of it is left.</summary>
    [JsonStringEnumMemberName("failed")] Failed,
}

/// <summary>A source of images that comes over the network and becomes an image set.</summary>
/// <param name="Id">Begins with <c>upl_</c>; later ones have larger ids.</param>
/// <param name="Name">Of the set that it shall become.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Settings">How its images become those of the set.</param>
/// <param name="Created">When it was announced, UTC.</param>
public sealed record SetImport(string Id, string Name, SetImportState State, ImportSettings Settings, DateTimeOffset Created)
{
    /// <summary>Bytes in all; null until the end where nobody said so before.</summary>
    public long? Length { get; init; }

    /// <summary>SHA-256 of all bytes in lower-case hexadecimal, as it was announced; null where it was not.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Bytes that are here for good.</summary>
    public long Offset { get; init; }

    /// <summary>When bytes were last added, UTC.</summary>
    public DateTimeOffset Changed { get; init; }

    /// <summary>When its import began, UTC; null before.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it was over, UTC; null before.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>How far the import came; null before it began.</summary>
    public ImportProgress? Progress { get; init; }

    /// <summary>Why it failed, with the entry named; null otherwise.</summary>
    public string? Error { get; init; }

    /// <summary>Whether nothing more will happen to it.</summary>
    [JsonIgnore] public bool IsOver => State is SetImportState.Succeeded or SetImportState.Failed;
}
