using System.Net.WebSockets;
using Diffusion.Api.Access;
using Diffusion.Api.Errors;
using Diffusion.Api.Hosting;
using Diffusion.Api.Streams;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Store;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Endpoints;

/// <summary>Events and frames over a plain WebSocket, frames as binary messages: for high frame rates.</summary>
internal sealed class StreamEndpoint(
    GenerationService generations, GenerationArchive archive, EventSource events, StreamPlaces places, Callers callers, GenerationLog log, TimeProvider time,
    IHostApplicationLifetime host, IOptions<ApiOptions> options, IOptions<JsonOptions> json)
{
    public const string Path = "/v1/stream";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(Path, (HttpContext http, StreamEndpoint endpoint) => endpoint.ServeAsync(http))
            .RequireScope(Scopes.Generate).AllowKeyInQuery().WithName("Stream").WithTags("Generation").WithSummary("Generates or watches over a WebSocket, with frames as binary messages.")
            .Produces(101).ProducesProblem(403).ProducesProblem(426).ProducesProblem(429);

    private async Task ServeAsync(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            // written here: the exception handler would clear the header
            http.Response.Headers.Upgrade = "websocket";
            await FailureHandler.WriteAsync(http, new Failure(ProblemCatalogue.UpgradeRequired, $"{Path} is a WebSocket; GET /v1/generations/{{id}}/events has the same events.", []));
            return;
        }
        using var place = places.Take(http);
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        using var frames = new FrameSocket(socket, json.Value.SerializerOptions, time);
        try
        {
            await ServeAsync(http, frames, http.RequestAborted);
        }
        catch (Exception gone) when (gone is OperationCanceledException or WebSocketException)
        {
            // the client broke the connection off, or said nothing until the service stops; there is nobody to tell
        }
    }

    private async Task ServeAsync(HttpContext http, FrameSocket socket, CancellationToken cancellationToken)
    {
        Generation? own = null;
        try
        {
            if (await OpenAsync(socket, cancellationToken) is not { } opening) return;
            EventTap? first = null;
            if (opening.Generate is { } command)
                own = generations.Submit(callers.Sign(command.Request, http), g => first = new EventTap(g, isDurable: false, opening.Frames, fromSequence: 0));
            using var tap = first ?? await events.OpenAsync(opening.Watch!, Callers.OnlyOf(http.User), opening.Frames, opening.From, cancellationToken);
            await socket.RunAsync(tap, () => archive.CancelAsync(tap.Id), options.Value.MaxBodyBytes, cancellationToken);
        }
        catch (Exception refusal) when (refusal is RequestRefusedException or GenerationRefusedException or StoreUnavailableException)
        {
            await socket.RefuseAsync(Failure.Of(refusal), cancellationToken);
        }
        finally
        {
            if (own is not null)
            {
                own.Cancel();
                log.Ended(own, "socket");
            }
        }
    }

    // one that has not said what it wants does not hold up a service that stops
    private async Task<SocketOpening?> OpenAsync(FrameSocket socket, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, host.ApplicationStopping);
        return await socket.ReceiveAsync(options.Value.MaxBodyBytes, either.Token) is { } first ? SocketOpening.Read(first) : null;
    }
}
