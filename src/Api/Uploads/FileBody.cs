using System.Buffers;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Store;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Diffusion.Api.Uploads;

/// <summary>A body that is a file, or a form with one file, straight to the disk.</summary>
internal static class FileBody
{
    /// <summary>The field of a form that has the file.</summary>
    public const string Field = "file";

    /// <summary>What a body that is the file may say that it is.</summary>
    public static readonly string[] Types = ["application/octet-stream", "application/zip"];

    private static readonly string[] AlsoRead = ["application/x-zip-compressed", "application/x-zip", "application/x-safetensors", "application/vnd.safetensors"];

    /// <summary>Writes the file to a path.</summary>
    /// <returns>The name that the sender gave it, or null.</returns>
    /// <exception cref="RequestRefusedException">Too long, of another type, malformed, or no file.</exception>
    /// <exception cref="StoreUnavailableException">The disk does not take it.</exception>
    public static async Task<string?> ReceiveAsync(HttpRequest request, string path, long limit, CancellationToken cancellation)
    {
        if (FormBody.Boundary(request.ContentType) is { } boundary) return await ReceiveFormAsync(new MultipartReader(boundary, request.Body), path, limit, cancellation);
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !Types.Concat(AlsoRead).Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase))
            throw new RequestRefusedException(ProblemCatalogue.UnsupportedMedia, $"The body is of type '{request.ContentType ?? "(none)"}'; send {string.Join(", ", Types)} or multipart/form-data.");
        if (request.ContentLength > limit) throw TooLarge(limit);
        await CopyAsync(request.Body, path, limit, cancellation);
        return null;
    }

    private static async Task<string?> ReceiveFormAsync(MultipartReader reader, string path, long limit, CancellationToken cancellation)
    {
        try
        {
            // one part: what comes after the file is not read
            var part = await reader.ReadNextSectionAsync(cancellation);
            if (part is null || !ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var disposition) || HeaderUtilities.RemoveQuotes(disposition.Name).Value != Field)
                throw RequestRefusedException.Invalid([new FieldError(Field, $"{Field} must be the first field of the form, and a file.")]);
            await CopyAsync(part.Body, path, limit, cancellation);
            var name = disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName;
            return HeaderUtilities.RemoveQuotes(name).Value;
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw new RequestRefusedException(ProblemCatalogue.BadRequest, $"The multipart/form-data body cannot be read. {broken.Message}");
        }
    }

    private static async Task CopyAsync(Stream body, string path, long limit, CancellationToken cancellation)
    {
        // without a buffer: one that still holds bytes would fail once more when it is closed, on a disk that is full
        await using var file = Write(() => new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous, BufferSize = 0 }));
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 17);
        try
        {
            long copied = 0;
            while (await body.ReadAsync(buffer, cancellation) is var read and > 0)
            {
                copied += read;
                if (copied > limit) throw TooLarge(limit);
                await WriteAsync(() => file.WriteAsync(buffer.AsMemory(0, read), cancellation));
            }
            await WriteAsync(() => new ValueTask(file.FlushAsync(cancellation)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async ValueTask WriteAsync(Func<ValueTask> write)
    {
        try
        {
            await write();
        }
        catch (IOException full)
        {
            throw Unwritable(full);
        }
    }

    private static FileStream Write(Func<FileStream> open)
    {
        try
        {
            return open();
        }
        catch (Exception full) when (full is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(full);
        }
    }

    private static StoreUnavailableException Unwritable(Exception cause) => new($"The upload cannot be written: {cause.Message}", cause);

    private static RequestRefusedException TooLarge(long limit) => new(
        ProblemCatalogue.TooLarge, $"{Field}: It has more than {limit} bytes.", [new FieldError(Field, $"It has more than {limit} bytes; Api:MaxImportBytes is the limit.")]);
}
