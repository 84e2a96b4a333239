using Diffusion.Api.Access;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Hosting;
using Diffusion.Api.Idempotency;
using Diffusion.Api.Uploads;
using Diffusion.Checkpoints;
using Diffusion.Exchange;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;
using Diffusion.Inference.Store;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Diffusion.Api.Endpoints;

/// <summary>Versions as files: <c>GET .../versions/{version}/export</c> and <c>POST .../versions</c>.</summary>
internal sealed class ExchangeEndpoints(ModelRegistry models, CheckpointStore store, TimeProvider time, IOptions<ApiOptions> options) : IDisposable
{
    // the envelope of a form around the file
    private const int Envelope = 1 << 16;

    private readonly SemaphoreSlim places = new(options.Value.MaxImports), checking = new(1);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var limit = new RequestSizeLimitAttribute(routes.ServiceProvider.GetRequiredService<IOptions<ApiOptions>>().Value.MaxImportBytes + Envelope);
        var group = routes.MapGroup("/v1/models/{name}/versions").WithTags("Models").RequireScope(Scopes.Admin);
        group.MapGet("{version}/export", (string name, string version, HttpContext http, ExchangeEndpoints exchange) => exchange.ExportAsync(name, version, http))
            .WithName("ExportVersion").WithSummary("A version as one file, for POST .../versions of this or another service.")
            .WithDescription("`safetensors` has the weights, with the manifest in the free text of its header; `zip` has every file of the version. The same version gives the same bytes; Content-Digest has their SHA-256. A download that broke off goes on with Range and If-Range.")
            .Produces(304).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(416).ProducesProblem(503);
        group.MapPost("", (string name, HttpContext http, ExchangeEndpoints exchange) => exchange.ImportAsync(name, http))
            .Idempotent().WithMetadata(limit).WithName("ImportVersion").WithSummary("Publishes a version that was exported, under the next number of the model; the model need not exist yet.")
            .WithDescription("The body is the file, or a form with the file in it. Everything is verified before anything is to be seen: names, sizes, every SHA-256, the tensors against the network, finite weights.")
            .Produces<VersionResponse>(201).ProducesProblem(400).ProducesProblem(413).ProducesProblem(415).ProducesProblem(422).ProducesProblem(503);
    }

    public void Dispose()
    {
        places.Dispose();
        checking.Dispose();
    }

    private async Task<IResult> ExportAsync(string name, string version, HttpContext http)
    {
        var number = models.Known(name).KnownVersion(version);
        var form = FormOf(http.Request.Query["format"]);
        try
        {
            var found = store.Find(name, FormattableString.Invariant($"{number}")) ?? throw new CheckpointException($"Model '{name}' has no version {number} any more.");
            var export = new VersionExport(found, store.Results(name, number).Latest(found.Manifest.Metrics), form);
            http.Response.Headers.ETag = $"\"{export.Tag}\"";
            http.Response.Headers.CacheControl = "private, no-cache";
            if (IsKnown(http.Request, export)) return TypedResults.StatusCode(StatusCodes.Status304NotModified);
            var digest = await export.MeasureAsync(http.RequestAborted);
            var headers = http.Response.GetTypedHeaders();
            var range = ByteRange.Of(http.Request.GetTypedHeaders(), headers.ETag!, digest.Bytes);
            headers.ContentRange = range?.In(digest.Bytes);
            http.Response.Headers.AcceptRanges = "bytes";
            if (range is { IsSatisfiable: false })
            {
                // not thrown: the header that says where the file ends would be lost
                await FailureHandler.WriteAsync(http, new Failure(ProblemCatalogue.RangeNotSatisfiable, $"The file has {digest.Bytes} bytes, and the range '{http.Request.Headers.Range}' none of them.", []));
                return TypedResults.Empty;
            }
            http.Response.StatusCode = range is null ? StatusCodes.Status200OK : StatusCodes.Status206PartialContent;
            http.Response.ContentLength = range?.Count ?? digest.Bytes;
            var sha = $"sha-256=:{Convert.ToBase64String(Convert.FromHexString(digest.Sha256))}:";
            // of the whole file, and of what this answer has
            http.Response.Headers["Repr-Digest"] = sha;
            if (range is null) http.Response.Headers["Content-Digest"] = sha;
            http.Response.Headers.ContentDisposition = $"attachment; filename=\"{export.FileName}\"";
            return TypedResults.Stream(
                body => export.WritePartAsync(body, range?.From ?? 0, range?.Count ?? digest.Bytes, http.RequestAborted),
                form == ExchangeForm.Zip ? "application/zip" : "application/octet-stream");
        }
        catch (ForeignHeaderException foreign)
        {
            throw new RequestRefusedException(ProblemCatalogue.ConflictingState, foreign.Message);
        }
        catch (CheckpointException damage)
        {
            throw new RequestRefusedException(ProblemCatalogue.ModelUnavailable, damage.Message);
        }
    }

    private async Task<IResult> ImportAsync(string model, HttpContext http)
    {
        if (!CheckpointNames.IsName(model))
            throw RequestRefusedException.Invalid([new FieldError("name", $"name must be 1 to 64 of a-z, 0-9 and '-', not starting with '-', got '{model}'.")]);
        var cancellation = http.RequestAborted;
        if (!places.Wait(0, cancellation)) throw new RequestRefusedException(ProblemCatalogue.Overloaded, $"{options.Value.MaxImports} versions are being imported; try again when one of them is.");
        try
        {
            var limits = new ImportLimits { Bytes = options.Value.MaxImportBytes };
            using var spool = Written(() => Spool.Open(store, time, cancellation));
            var upload = Path.Combine(spool.Folder, "upload");
            var name = await FileBody.ReceiveAsync(http.Request, upload, limits.Bytes, cancellation);
            var version = await CheckAsync(new VersionImport(store, time, limits), upload, name, model, cancellation);
            models.Refresh();
            var aliases = models.Describe(model)?.Aliases ?? new Dictionary<string, int>();
            return TypedResults.Created(
                FormattableString.Invariant($"/v1/models/{model}/versions/{version.Manifest.Version}"),
                VersionResponse.Of(version.Manifest, aliases, store.Results(model, version.Manifest.Version), []));
        }
        finally
        {
            places.Release();
        }
    }

    // one at a time: a network is built to be compared, and its values are looked at
    private async Task<CheckpointVersion> CheckAsync(VersionImport import, string upload, string? name, string model, CancellationToken cancellation)
    {
        await checking.WaitAsync(cancellation);
        try
        {
            return await Task.Factory.StartNew(() => Written(() => import.Run(upload, name, model, cancellation)), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            checking.Release();
        }
    }

    private static T Written<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception unwritable) when (unwritable is UnauthorizedAccessException or IOException and not (ImportRefusedException or CheckpointException))
        {
            throw new StoreUnavailableException($"The version cannot be written: {unwritable.Message}", unwritable);
        }
    }

    private static ExchangeForm FormOf(Microsoft.Extensions.Primitives.StringValues given) => given switch
    {
        [] => ExchangeForm.SafeTensors,
        [{ } name] when ExchangeForms.Find(name) is { } form => form,
        _ => throw RequestRefusedException.Invalid([new FieldError("format", $"format must be one of {string.Join(", ", ExchangeForms.Names)}, got '{given}'.")]),
    };

    private static bool IsKnown(HttpRequest request, VersionExport export) =>
        request.Headers.IfNoneMatch is { Count: > 0 } given && EntityTagHeaderValue.TryParseList(given!, out var tags)
        && tags.Any(t => t == EntityTagHeaderValue.Any || t.Tag == $"\"{export.Tag}\"");
}
