using Diffusion.Api.Access;
using Diffusion.Api.Contracts;
using Diffusion.Api.Idempotency;
using Diffusion.Api.Streams;
using Diffusion.Training.Imports;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Endpoints;

/// <summary>The image sets that are trained on: <c>/v1/datasets</c>.</summary>
internal static class DatasetEndpoints
{
    public static void MapDatasets(this IEndpointRouteBuilder routes)
    {
        var sets = routes.MapGroup("/v1/datasets").WithTags("Data").RequireScope(Scopes.Train);
        // the server's own limit is for bodies of fields; one byte more, so that the refusal is ours
        var limit = new RequestSizeLimitAttribute(routes.ServiceProvider.GetRequiredService<IOptions<ImportOptions>>().Value.MaxBodyBytes + 1L);
        sets.MapPost("", DatasetUploadCalls.PostAsync).Idempotent().WithMetadata(limit).WithName("CreateDataset").WithSummary("Imports a zip file of images, or a NumPy archive, that is the body of this call.")
            .WithDescription("202 with the import to look after, or with Prefer: wait=N 201 with the set, if it is there by then. Larger files are uploaded in parts.")
            .Produces<DatasetResponse>(201).Produces<DatasetUpload>(202)
            .ProducesProblem(400).ProducesProblem(409).ProducesProblem(413).ProducesProblem(415).ProducesProblem(422).ProducesProblem(503);
        sets.MapGet("", DatasetCalls.List).WithName("ListDatasets").WithSummary("The image sets, by name.").ProducesProblem(400);
        sets.MapGet("{name}", DatasetCalls.Get).WithName("GetDataset").WithSummary("One set: its classes with the number of their images, its splits, digest and source.").ProducesProblem(404);
        sets.MapGet("{name}/preview.png", DatasetCalls.Preview).WithName("GetDatasetPreview").WithSummary("Some images of each class, a row a class.")
            .Produces(200, contentType: "image/png").Produces(304).ProducesProblem(404);
        sets.MapGet("{name}/refused", DatasetCalls.Refused).WithName("GetDatasetRefusals").WithSummary("Which entries of the source were left out, and why; a line of JSON each.")
            .Produces<string>(200, DatasetCalls.LinesType).ProducesProblem(400).ProducesProblem(404);
        sets.MapGet("{name}/duplicates", DatasetCalls.Duplicates).WithName("GetDatasetDuplicates").WithSummary("Which images had the pixels of one before them; a line of JSON each.")
            .Produces<string>(200, DatasetCalls.LinesType).ProducesProblem(400).ProducesProblem(404);
        sets.MapDelete("{name}", DatasetCalls.Delete).WithName("DeleteDataset")
            .WithSummary("Removes a set that no job needs which is not over; versions that were trained on it stay and keep its name and digest.").ProducesProblem(404).ProducesProblem(409);

        var uploads = sets.MapGroup(DatasetUpload.Segment);
        uploads.MapPost("", DatasetUploadCalls.CreateAsync).Idempotent().WithName("CreateDatasetUpload").WithSummary("Begins an upload in parts, which can go on after a break and after a restart of the service.")
            .Accepts<UploadRequest>("application/json").Produces<DatasetUpload>(201).ProducesProblem(400).ProducesProblem(409).ProducesProblem(413).ProducesProblem(415).ProducesProblem(503);
        uploads.MapGet("", DatasetUploadCalls.List).WithName("ListDatasetUploads").WithSummary("The uploads and their imports, newest first.").ProducesProblem(400);
        uploads.MapGet("events", (HttpContext http, DatasetEvents events) => events.WatchAll(http)).AllowKeyInQuery().WithName("WatchDatasetUploads").WithSummary("What happens to the uploads and their imports, as server-sent events.")
            .WithDescription("Begins with each as it is; then `import.state`, `import.progress` and `import.removed` as they come.")
            .Produces<string>(200, EventStream.MediaType).ProducesProblem(400).ProducesProblem(429);
        uploads.MapGet("{id}/events", (string id, HttpContext http, DatasetEvents events) => events.Watch(id, http)).AllowKeyInQuery().WithName("WatchDatasetUpload").WithSummary("The same of one upload, until it is over.")
            .WithDescription("204 for an EventSource that comes back after the end.")
            .Produces<string>(200, EventStream.MediaType).Produces(204).ProducesProblem(400).ProducesProblem(404).ProducesProblem(429);
        uploads.MapGet("{id}", DatasetUploadCalls.GetAsync).WithName("GetDatasetUpload").WithSummary("Where an upload goes on, and how far its import is.").ProducesProblem(400).ProducesProblem(404);
        uploads.MapMethods("{id}", [HttpMethods.Head], DatasetUploadCalls.Head).WithName("HeadDatasetUpload").WithSummary("Where an upload goes on, in its headers.").ProducesProblem(404);
        uploads.MapPatch("{id}", DatasetUploadCalls.AppendAsync).WithMetadata(limit).WithName("AppendDatasetUpload").WithSummary("Adds a part; with the last one the upload waits to be imported.")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(413).ProducesProblem(415).ProducesProblem(503);
        uploads.MapDelete("{id}", DatasetUploadCalls.DropAsync).WithName("DropDatasetUpload").WithSummary("Gives up an upload or stops its import; of one that is over only the record goes.")
            .ProducesProblem(404).ProducesProblem(409).ProducesProblem(503);
    }
}
