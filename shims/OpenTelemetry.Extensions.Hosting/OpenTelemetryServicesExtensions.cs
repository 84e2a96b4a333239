using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Telemetry for a host.</summary>
public static class OpenTelemetryServicesExtensions
{
    /// <summary>
    /// Lets the host start the telemetry that the returned builder configures, before any other hosted
    /// service, and flush it after the last of them has stopped. Calling it again adds to the same telemetry.
    /// </summary>
    public static OpenTelemetryBuilder AddOpenTelemetry(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        var hosted = ServiceDescriptor.Singleton<IHostedService, TelemetryHostedService>();
        // services start in the order of registration: what others do while they start is seen too
        if (!services.Any(known => known.ImplementationType == hosted.ImplementationType)) services.Insert(0, hosted);
        return new OpenTelemetryBuilder(services);
    }
}
