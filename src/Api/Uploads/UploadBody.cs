using System.Text.Json;
using System.Text.Json.Nodes;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Uploads;

/// <summary>
/// A body with image files: multipart/form-data, or JSON with the files as base64. Both become the same fields, members
/// of objects under dotted names (<c>from.seed</c>), and files by field.
/// </summary>
/// <param name="Fields">All fields but the files.</param>
/// <param name="Files">In the order they came.</param>
internal sealed record UploadBody(RequestFields Fields, IReadOnlyList<Upload> Files)
{
    /// <summary>The members that are objects of fields, and those that are files.</summary>
    private static readonly string[] Objects = ["from", "to"], FileFields = ["image", "images"];

    /// <summary>Reads query and body.</summary>
    /// <param name="request">Its body may have up to <paramref name="limit"/> bytes.</param>
    /// <param name="limit">Bytes.</param>
    /// <param name="cancellationToken">The client left.</param>
    /// <exception cref="RequestRefusedException">Too long, of another type, or malformed.</exception>
    public static async Task<UploadBody> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        var bytes = await JsonBody.ReadBytesAsync(request, limit, cancellationToken);
        var body = bytes.IsEmpty ? new UploadBody(RequestFields.OfForm([]), [])
            : FormBody.Boundary(request.ContentType) is { } boundary ? await FormBody.ReadAsync(bytes, boundary, cancellationToken)
            : OfJson(JsonBody.Parse(request, bytes));
        return body with { Fields = RequestFields.Merge(RequestFields.OfQuery(request.Query), body.Fields) };
    }

    private static UploadBody OfJson(JsonElement body)
    {
        var files = new List<Upload>();
        var errors = new List<FieldError>();
        var rest = new JsonObject();
        if (body.ValueKind != JsonValueKind.Object) return new UploadBody(RequestFields.OfJson(body), files);
        foreach (var member in body.EnumerateObject())
        {
            if (FileFields.Contains(member.Name)) AddFiles(member.Name, member.Value);
            else if (!Objects.Contains(member.Name) || member.Value.ValueKind != JsonValueKind.Object) rest[member.Name] = Node(member.Value);
            else foreach (var inner in member.Value.EnumerateObject())
            {
                var name = $"{member.Name}.{inner.Name}";
                if (inner.Name == "image") AddFiles(name, inner.Value);
                else rest[name] = Node(inner.Value);
            }
        }
        var fields = RequestFields.OfJson(JsonSerializer.SerializeToElement(rest));
        fields.Errors.AddRange(errors);
        return new UploadBody(fields, files);

        void AddFiles(string field, JsonElement value)
        {
            if (value.ValueKind == JsonValueKind.Array && field == "images")
                foreach (var (i, one) in value.EnumerateArray().Index()) AddFile($"images[{i}]", one);
            else if (value.ValueKind != JsonValueKind.Null) AddFile(field, value);
        }

        void AddFile(string field, JsonElement value)
        {
            if (value.ValueKind == JsonValueKind.String && Base64(value.GetString()!) is { } file) files.Add(new Upload(field, file));
            else errors.Add(new FieldError(field, $"{field} must be a PNG, JPEG or WebP file as base64."));
        }
    }

    private static JsonNode? Node(JsonElement value) => JsonSerializer.SerializeToNode(value);

    // pages read files as data URLs
    private static byte[]? Base64(string text)
    {
        var start = text.StartsWith("data:", StringComparison.Ordinal) ? text.IndexOf(',', StringComparison.Ordinal) + 1 : 0;
        var decoded = new byte[(text.Length - start) / 4 * 3 + 3];
        return Convert.TryFromBase64Chars(text.AsSpan(start), decoded, out var length) && length > 0 ? decoded[..length] : null;
    }
}
