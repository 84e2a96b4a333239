using System.Security.Cryptography;
using System.Text;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Diffusion.Api.Uploads;

/// <summary>Reads multipart/form-data (RFC 7578) from memory: its length is bounded before it is looked at.</summary>
internal static class FormBody
{
    private const int MaxParts = 512;

    /// <summary>The boundary of the parts, or null if the body is of another type.</summary>
    public static string? Boundary(string? contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)) return null;
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value;
        return string.IsNullOrEmpty(boundary) ? throw Malformed("Its Content-Type names no boundary.") : boundary;
    }

    /// <summary>The fields and files; a part with a filename is a file.</summary>
    /// <exception cref="RequestRefusedException">Malformed.</exception>
    public static async Task<UploadBody> ReadAsync(ReadOnlyMemory<byte> body, string boundary, CancellationToken cancellationToken)
    {
        var fields = new List<KeyValuePair<string, string>>();
        var files = new List<Upload>();
        try
        {
            var reader = new MultipartReader(boundary, new MemoryStream(body.ToArray(), writable: false));
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } part)
            {
                if (fields.Count + files.Count == MaxParts) throw Malformed($"It has more than {MaxParts} parts.");
                if (!ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var disposition) || HeaderUtilities.RemoveQuotes(disposition.Name).Value is not { Length: > 0 } name)
                    throw Malformed("A part has no name.");
                using var content = new MemoryStream();
                await part.Body.CopyToAsync(content, cancellationToken);
                if (disposition.FileName.HasValue || disposition.FileNameStar.HasValue) files.Add(new Upload(Numbered(name, files), content.ToArray()));
                else fields.Add(new(name, Encoding.UTF8.GetString(content.GetBuffer(), 0, (int)content.Length)));
            }
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException)
        {
            throw Malformed(broken.Message);
        }
        return new UploadBody(RequestFields.OfForm(fields), files);
    }

    /// <summary>Adds what a form says, not its boundary, to a digest; false if the body is of another type or broken, and then it is at its start again.</summary>
    /// <param name="request">Its body can be read again.</param>
    /// <param name="digest">Gets the parts.</param>
    /// <param name="cancellationToken">The client left.</param>
    public static async Task<bool> TryDigestAsync(HttpRequest request, IncrementalHash digest, CancellationToken cancellationToken)
    {
        if (Boundary(request.ContentType) is not { } boundary) return false;
        try
        {
            var reader = new MultipartReader(boundary, request.Body);
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } part)
            {
                var content = await SHA256.HashDataAsync(part.Body, cancellationToken);
                digest.AppendData(Encoding.UTF8.GetBytes($"part {part.ContentDisposition}\n{part.ContentType}\n"));
                digest.AppendData(content);
            }
            return true;
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException)
        {
            request.Body.Position = 0;
            return false;
        }
    }

    // the same names as in JSON, so that messages name one file among several
    private static string Numbered(string name, List<Upload> before) => name == "images"
        ? FormattableString.Invariant($"images[{before.Count(f => f.Field.StartsWith("images[", StringComparison.Ordinal))}]")
        : name;

    private static RequestRefusedException Malformed(string why) => new(ProblemCatalogue.BadRequest, $"The multipart/form-data body cannot be read. {why}");
}
