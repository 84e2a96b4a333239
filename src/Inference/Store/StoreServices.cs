using Diffusion.Inference.Jobs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Store;

/// <summary>Registration.</summary>
public static class StoreServices
{
    /// <summary>Name of the health check: degraded while nothing durable is accepted.</summary>
    public const string HealthCheck = "store";

    /// <summary>
    /// Adds <see cref="GenerationArchive"/> and <see cref="AnswerLedger"/>. Call it before
    /// <see cref="InferenceServices.AddInference"/>: services stop in reverse, and the store has to see the engine's end.
    /// </summary>
    /// <param name="services">Where to add.</param>
    /// <param name="section">The section <c>Store</c>, see <see cref="StoreOptions"/>; checked at start.</param>
    public static IServiceCollection AddGenerationStore(this IServiceCollection services, IConfiguration section)
    {
        services.AddOptions<StoreOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<StoreDoor>();
        services.AddSingleton(s => new GenerationArchive(
            s.GetRequiredService<GenerationService>(), s.GetRequiredService<StoreDoor>(), s.GetRequiredService<IOptions<StoreOptions>>(),
            s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<GenerationArchive>>()));
        services.AddSingleton(s => new AnswerLedger(s.GetRequiredService<StoreDoor>(), s.GetRequiredService<IOptions<StoreOptions>>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new Recovery(
            s.GetRequiredService<GenerationService>(), s.GetRequiredService<GenerationArchive>(), s.GetRequiredService<IOptions<StoreOptions>>(), s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<Recovery>>()));
        services.AddSingleton<Retention>();
        services.AddHostedService<StoreHost>();
        services.AddHealthChecks().AddCheck<StoreHealth>(HealthCheck);
        return services;
    }
}
