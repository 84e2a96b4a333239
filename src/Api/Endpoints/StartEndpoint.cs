using Diffusion.Api.Access;
using Diffusion.Api.Contracts;
using Diffusion.Api.Hosting;
using Diffusion.Api.Idempotency;
using Diffusion.Api.Uploads;
using Diffusion.Inference.Jobs;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Endpoints;

/// <summary>Generations that begin at images or between two starts: <c>/v1/interpolations</c>, <c>/v1/inversions</c>, <c>/v1/reconstructions</c>.</summary>
internal sealed class StartEndpoint(GenerateEndpoint generate, StartReader starts, IOptions<ApiOptions> options)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        // the server's own limit is for bodies without files; one byte more, so that the refusal is ours
        var limit = new RequestSizeLimitAttribute(routes.ServiceProvider.GetRequiredService<IOptions<ApiOptions>>().Value.MaxUploadBytes + 1L);
        Map("interpolations", GenerationKind.Interpolation, "Interpolate", "Pictures on the way from one start to another.");
        Map("inversions", GenerationKind.Inversion, "Invert", "The noise x_T that images come from.");
        Map("reconstructions", GenerationKind.Reconstruction, "Reconstruct", "Images to their x_T and back, with the error.");

        void Map(string path, GenerationKind kind, string name, string summary) => routes
            .MapPost($"/v1/{path}", (HttpContext http, StartEndpoint endpoint) => endpoint.AnswerAsync(http, kind))
            .Idempotent().RequireScope(Scopes.Generate).WithMetadata(limit).WithName(name).WithTags("Starts").WithSummary(summary);
    }

    private async Task<IResult> AnswerAsync(HttpContext http, GenerationKind kind)
    {
        var body = await UploadBody.ReadAsync(http.Request, options.Value.MaxUploadBytes, http.RequestAborted);
        var (command, fields) = StartFields.Read(kind, body);
        var request = await starts.ReadAsync(command.Request, fields, Callers.OnlyOf(http.User), http.RequestAborted);
        return await generate.AnswerAsync(http, command with { Request = request });
    }
}
