using Diffusion.Api.Errors;
using Microsoft.AspNetCore.SignalR;

namespace Diffusion.Api.Access;

/// <summary>A connection outlives the request that opened it: every call looks again whether its key is still valid.</summary>
internal sealed class HubAccessFilter(Callers callers) : IHubFilter
{
    public ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next) =>
        callers.IsStillAllowed(invocationContext.Context.User)
            ? next(invocationContext)
            : throw new RequestRefusedException(ProblemCatalogue.Unauthorized, "The API key of this connection is not valid any more.");
}
