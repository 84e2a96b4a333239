using System.Text.Json;
using System.Text.Json.Nodes;

namespace Diffusion.Training.Jobs;

/// <summary>A job file with changes: JSON merge patch (RFC 7396), in which null takes a field away.</summary>
internal static class JobPatch
{
    private static readonly JsonDocumentOptions Commented = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The changed job file.</summary>
    /// <param name="job">The job file; its comments are lost.</param>
    /// <param name="patch">The changes, or null.</param>
    /// <param name="name">The name it gets if the changes have none.</param>
    public static string Apply(string job, JsonElement? patch, string name)
    {
        var target = JsonNode.Parse(job, documentOptions: Commented);
        var changed = patch is { } changes ? Merge(target, Node(changes)) : target;
        if (changed is JsonObject fields && patch?.TryGetProperty("name", out _) != true) fields["name"] = name;
        return changed?.ToJsonString(Indented) ?? "null";
    }

    internal static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes) return patch?.DeepClone();
        var merged = target as JsonObject ?? [];
        foreach (var (field, value) in changes)
        {
            if (value is null) merged.Remove(field);
            else if (value is JsonObject)
            {
                var before = merged[field];
                merged.Remove(field);
                merged[field] = Merge(before, value);
            }
            else merged[field] = value.DeepClone();
        }
        return merged;
    }

    private static JsonNode? Node(JsonElement element) => JsonNode.Parse(element.GetRawText());
}
