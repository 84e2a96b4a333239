namespace Diffusion.Training.Data;

/// <summary>What an import did.</summary>
/// <param name="Folder">Of the set.</param>
/// <param name="Manifest">Of the set.</param>
internal sealed record ImportReport(string Folder, ImageSetManifest Manifest);

/// <summary>An entry of the source that is not in the set: a line of <c>refused.ndjson</c>.</summary>
internal sealed record RefusedEntry(string Entry, string Reason);

/// <summary>An image with the pixels of one before it: a line of <c>duplicates.ndjson</c>.</summary>
internal sealed record DuplicateEntry(string Entry, string Of, bool Kept);

/// <summary>How far an import is.</summary>
/// <param name="Done">Entries read.</param>
/// <param name="Total">Entries to read, or null where only reading tells.</param>
/// <param name="Refused">How many of those read were left out.</param>
public sealed record ImportProgress(int Done, int? Total, int Refused);
