using Diffusion.Checkpoints;
using Diffusion.Inference.Batching;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;
using Diffusion.Inference.Quotas;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference;

/// <summary>Registration.</summary>
public static class InferenceServices
{
    /// <summary>Name of the health check: healthy when the engine runs and the default models are loaded.</summary>
    public const string HealthCheck = "engine";

    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Telemetry = InferenceMetrics.Name;

    /// <summary>
    /// Adds <see cref="GenerationService"/>, <see cref="ModelRegistry"/>, the engine thread, model watching and the
    /// health check. A <see cref="CheckpointStore"/> and a <see cref="TimeProvider"/> are added where there are none.
    /// </summary>
    /// <param name="services">Where to add.</param>
    /// <param name="section">The section <c>Inference</c>, see <see cref="InferenceOptions"/>; checked at start.</param>
    public static IServiceCollection AddInference(this IServiceCollection services, IConfiguration section)
    {
        services.AddOptions<InferenceOptions>().Bind(section).ValidateDataAnnotations()
            .Validate(o => PolicyCatalog.Find(o.Policy) is not null, $"Policy must be one of {string.Join(", ", PolicyCatalog.All.Select(p => p.Name))}.")
            .Validate(o => o.ModelWeights.Values.Concat(o.ClientWeights.Values).All(w => w > 0 && double.IsFinite(w)), "ModelWeights and ClientWeights must be above 0.")
            .ValidateOnStart();
        services.PostConfigure<InferenceOptions>(options =>
        {
            if (options.DefaultModels.Count > 0) return;
            options.DefaultModels.Add("digits-ddpm");
            options.DefaultModels.Add("digits-dddm");
        });
        // the host must not lose patience before the engine does
        services.AddOptions<HostOptions>().PostConfigure<IOptions<InferenceOptions>>((host, inference) =>
        {
            var needed = inference.Value.DrainTimeout + TimeSpan.FromSeconds(10);
            if (host.ShutdownTimeout < needed) host.ShutdownTimeout = needed;
        });
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(s => new CheckpointStore(Options(s).ModelsPath, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<InferenceMetrics>();
        services.TryAddSingleton<IDevice, TorchDevice>();
        services.AddSingleton<ModelRegistry>();
        services.AddSingleton<VersionHolds>();
        services.AddSingleton<ModelAliases>();
        services.AddSingleton<QuotaLedger>();
        services.AddSingleton(s => new CostBook(Options(s).MaxBatchRows));
        services.AddSingleton(s => new AdmissionQueue(
            Options(s), s.GetRequiredService<CostBook>(), s.GetRequiredService<InferenceMetrics>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new GenerationDirectory(Options(s).FinishedRetention, Options(s).MaxFinished, Options(s).MaxRecordedBytes, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new QueueView(
            s.GetRequiredService<AdmissionQueue>(), s.GetRequiredService<GenerationDirectory>(), s.GetRequiredService<CostBook>(), Options(s)));
        services.AddSingleton(s => new GenerationService(
            new RequestValidator(s.GetRequiredService<ModelRegistry>(), Options(s)),
            s.GetRequiredService<AdmissionQueue>(), s.GetRequiredService<GenerationDirectory>(),
            s.GetRequiredService<QueueView>(), s.GetRequiredService<QuotaLedger>(), s.GetRequiredService<InferenceMetrics>(), s.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(s => PolicyCatalog.Find(Options(s).Policy)!);
        services.AddSingleton<InferenceEngine>();
        services.AddSingleton<EngineThread>();
        // stopped in reverse: the engine drains while models still load
        services.AddHostedService<ModelWatcher>();
        services.AddHostedService(s => s.GetRequiredService<EngineThread>());
        services.AddHealthChecks().AddCheck<EngineHealth>(HealthCheck);
        return services;
    }

    private static InferenceOptions Options(IServiceProvider services) => services.GetRequiredService<IOptions<InferenceOptions>>().Value;
}
