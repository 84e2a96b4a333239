using Diffusion.Api.Errors;

namespace Diffusion.Api.Hosting;

/// <summary>What goes around everything else, the host's own refusals too.</summary>
internal sealed class EdgeFilter : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.UseEdgeSecurity();
        app.UseStatusCodePages(FailureHandler.ExplainStatusAsync);
        next(app);
    };
}
