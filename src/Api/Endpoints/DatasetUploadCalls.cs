using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Hosting;
using Diffusion.Training.Data;
using Diffusion.Training.Imports;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Diffusion.Api.Endpoints;

/// <summary>What the calls do that bring image sets into the service.</summary>
internal static class DatasetUploadCalls
{
    public const string PartType = "application/partial-upload", ZipType = "application/zip", BytesType = "application/octet-stream";

    // what a client says that looks at no body, and what says nothing
    private static readonly string?[] PartTypes = [PartType, BytesType, "application/x-www-form-urlencoded", null];

    private const string Soon = "1";

    /// <summary>The whole source in one call.</summary>
    public static async Task<IResult> PostAsync(HttpContext http, SetImports uploads, ImageSetCatalog sets, IOptions<ImportOptions> limits)
    {
        var request = http.Request;
        var preferences = Preferences.Read(request.Headers);
        var fields = UploadFields.OfQuery(request);
        var digest = UploadHeaders.ReadDigest(request.Headers);
        RequireSource(request);
        RequireLength(request, limits.Value);
        var upload = uploads.Open(fields.Name, fields.Settings, request.ContentLength, null);
        try
        {
            upload = await uploads.ReceiveAsync(upload.Id, 0, request.Body, digest, isLast: true, http.RequestAborted) ?? throw Unknown(upload.Id);
        }
        catch
        {
            // there is nobody who could go on with it
            await uploads.DropAsync(upload.Id, CancellationToken.None);
            throw;
        }
        if (preferences.Wait is { } wait)
        {
            await uploads.WaitAsync(upload.Id, wait, http.RequestAborted);
            upload = uploads.Find(upload.Id) ?? throw Unknown(upload.Id);
        }
        if (upload is { State: SetImportState.Failed, Error: { } error }) throw new RequestRefusedException(ProblemCatalogue.UnusableSource, error);
        var set = upload.State == SetImportState.Succeeded ? sets.Find(upload.Name) : null;
        preferences.Echo(http.Response.Headers, answeredLater: set is null);
        if (set is not null) return TypedResults.Created(DatasetResponse.PathOf(set.Name), DatasetResponse.Of(set, sets));
        http.Response.Headers.RetryAfter = Soon;
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Accepted(DatasetUpload.PathOf(upload.Id), DatasetUpload.Of(upload, uploads));
    }

    /// <summary>Begins an upload in parts.</summary>
    public static async Task<IResult> CreateAsync(HttpContext http, SetImports uploads, IOptions<ImportOptions> limits, IOptions<ApiOptions> options)
    {
        var fields = await UploadFields.OfJsonAsync(http.Request, options.Value.MaxBodyBytes);
        var upload = uploads.Open(fields.Name, fields.Settings, fields.Length, fields.Sha256);
        UploadHeaders.Tell(http.Response, upload, limits.Value);
        return TypedResults.Created(DatasetUpload.PathOf(upload.Id), DatasetUpload.Of(upload, uploads));
    }

    /// <summary>Adds a part.</summary>
    public static async Task<Ok<DatasetUpload>> AppendAsync(string id, HttpContext http, SetImports uploads, IOptions<ImportOptions> limits)
    {
        var request = http.Request;
        new TrainingQuery(request).Close();
        var upload = uploads.Find(id) ?? throw Unknown(id);
        var (offset, isLast, digest) = (UploadHeaders.ReadOffset(request.Headers), UploadHeaders.ReadComplete(request.Headers), UploadHeaders.ReadDigest(request.Headers));
        if (!PartTypes.Contains(MediaTypeOf(request), StringComparer.OrdinalIgnoreCase)) throw Unsupported(request, PartType);
        RequireLength(request, limits.Value);
        if (isLast is true && request.ContentLength is { } length && upload.Length is { } whole && offset + length != whole)
            throw RequestRefusedException.Invalid([new(UploadHeaders.Complete, $"{UploadHeaders.Complete} is ?1, and with this part there are {offset + length} of {whole} bytes.")]);
        upload = await uploads.ReceiveAsync(id, offset, request.Body, digest, isLast, http.RequestAborted) ?? throw Unknown(id);
        return Told(upload, http, uploads, limits);
    }

    /// <summary>Where an upload stands; with <c>Prefer: wait=N</c> once it is over, or after so many seconds.</summary>
    public static async Task<Ok<DatasetUpload>> GetAsync(string id, HttpContext http, SetImports uploads, IOptions<ImportOptions> limits)
    {
        new TrainingQuery(http.Request).Close();
        var preferences = Preferences.Read(http.Request.Headers);
        if (uploads.Find(id) is null) throw Unknown(id);
        if (preferences.Wait is { } wait) await uploads.WaitAsync(id, wait, http.RequestAborted);
        var upload = uploads.Find(id) ?? throw Unknown(id);
        preferences.Echo(http.Response.Headers, answeredLater: false);
        return Told(upload, http, uploads, limits);
    }

    /// <summary>The same in headers only.</summary>
    public static NoContent Head(string id, HttpContext http, SetImports uploads, IOptions<ImportOptions> limits)
    {
        UploadHeaders.Tell(http.Response, uploads.Find(id) ?? throw Unknown(id), limits.Value);
        return TypedResults.NoContent();
    }

    public static Ok<DatasetUploadList> List(HttpRequest request, SetImports uploads)
    {
        new TrainingQuery(request).Close();
        return TypedResults.Ok(new DatasetUploadList([.. uploads.All.Select(u => DatasetUpload.Of(u, uploads))]));
    }

    public static async Task<NoContent> DropAsync(string id, HttpContext http, SetImports uploads)
    {
        new TrainingQuery(http.Request).Close();
        return await uploads.DropAsync(id, http.RequestAborted) ? TypedResults.NoContent() : throw Unknown(id);
    }

    private static Ok<DatasetUpload> Told(SetImport upload, HttpContext http, SetImports uploads, IOptions<ImportOptions> limits)
    {
        UploadHeaders.Tell(http.Response, upload, limits.Value);
        return TypedResults.Ok(DatasetUpload.Of(upload, uploads));
    }

    private static void RequireSource(HttpRequest request)
    {
        var type = MediaTypeOf(request);
        if (type is not null && (type.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) || request.HasJsonContentType())) throw Unsupported(request, ZipType);
        if (request.ContentLength == 0) throw new RequestRefusedException(ProblemCatalogue.BadRequest, "The body is empty; send the zip file itself: curl --data-binary @FILE.zip.");
    }

    private static void RequireLength(HttpRequest request, ImportOptions limits)
    {
        if (request.ContentLength > limits.MaxBodyBytes)
            throw new RequestRefusedException(ProblemCatalogue.TooLarge, $"The body may have up to {limits.MaxBodyBytes} bytes; upload it in parts: POST /v1/datasets/{DatasetUpload.Segment}.");
    }

    private static string? MediaTypeOf(HttpRequest request) => MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? type.MediaType.Value : request.ContentType;

    private static RequestRefusedException Unsupported(HttpRequest request, string wanted) =>
        new(ProblemCatalogue.UnsupportedMedia, $"The body is of type '{request.ContentType}'; send the bytes of the file themselves as {wanted}.");

    /// <summary>What is answered about an upload that there is not.</summary>
    public static RequestRefusedException Unknown(string id) => new(ProblemCatalogue.UnknownUpload, $"There is no upload '{id}'.");
}
