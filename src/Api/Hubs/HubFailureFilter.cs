using System.Text.Json;
using Diffusion.Api.Errors;
using Microsoft.AspNetCore.SignalR;

namespace Diffusion.Api.Hubs;

/// <summary>Failures of hub methods leave as the same problem JSON as over HTTP, in the message of the error.</summary>
internal sealed partial class HubFailureFilter(ILogger<HubFailureFilter> log) : IHubFilter
{
    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        try
        {
            return await next(invocationContext);
        }
        catch (Exception exception) when (exception is not HubException)
        {
            var failure = Failure.Of(exception);
            if (failure.Problem == ProblemCatalogue.Internal) LogFailure(invocationContext.HubMethodName, exception);
            throw new HubException(JsonSerializer.Serialize(
                failure.ToDetails(invocationContext.Context.GetHttpContext()!.Request.Path, invocationContext.Context.ConnectionId), JsonSerializerOptions.Web));
        }
    }

    [LoggerMessage(1, LogLevel.Error, "Hub method {Method} failed")]
    private partial void LogFailure(string method, Exception exception);
}
