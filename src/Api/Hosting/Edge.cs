using System.Text.Json;
using System.Text.Json.Serialization;
using Diffusion.Api.Access;
using Diffusion.Api.Comparisons;
using Diffusion.Api.Endpoints;
using Diffusion.Api.Errors;
using Diffusion.Api.Hubs;
using Diffusion.Api.Streams;
using Diffusion.Api.Uploads;
using Diffusion.Inference;
using Diffusion.Inference.Models;
using Diffusion.Inference.Store;
using Diffusion.Training;
using Diffusion.Training.Runs;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Hosting;

/// <summary>What the edge itself needs.</summary>
internal static class Edge
{
    public static void AddEdge(this IServiceCollection services, IConfiguration settings)
    {
        services.AddOptions<ApiOptions>().Bind(settings.GetSection(ApiOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<HostOptions>().Configure<IOptions<ApiOptions>>((host, api) => host.ShutdownTimeout = api.Value.ShutdownTimeout);
        services.AddOptions<InferenceOptions>().PostConfigure<IHostEnvironment>((o, environment) => o.ModelsPath = environment.PathIn(o.ModelsPath));
        services.AddOptions<StoreOptions>().PostConfigure<IHostEnvironment>((o, environment) => o.Path = environment.PathIn(o.Path));
        services.AddOptions<TrainingOptions>().PostConfigure<IHostEnvironment>((o, environment) =>
        {
            (o.Data, o.State, o.Models) = (environment.PathIn(o.Data), environment.PathIn(o.State), environment.PathIn(o.Models));
            if (o.PerceptualNetwork.Length > 0) o.PerceptualNetwork = environment.PathIn(o.PerceptualNetwork);
        });
        // the first filter is the outermost: headers and explanations also for what the host itself refuses
        services.Insert(0, ServiceDescriptor.Singleton<IStartupFilter, EdgeFilter>());
        services.Configure<HostFilteringOptions>(o => o.IncludeFailureMessage = false);
        services.AddExceptionHandler<FailureHandler>();
        services.AddProblemDetails();
        services.AddHealthChecks();
        services.AddSingleton<GenerateEndpoint>();
        services.AddSingleton<GenerationKeeping>();
        services.AddSingleton<StartEndpoint>();
        services.AddSingleton<Comparison>();
        services.AddSingleton<ComparisonEndpoint>();
        services.AddSingleton<StartReader>();
        services.AddSingleton<ExchangeEndpoints>();
        services.AddSingleton<GenerationEvents>();
        services.AddSingleton<TrainingEvents>();
        services.AddSingleton<DatasetEvents>();
        services.AddSingleton<StreamEndpoint>();
        services.AddSingleton<EventSource>();
        services.AddSingleton<StreamPlaces>();
        services.AddSingleton<GenerationLog>();
        services.AddSingleton<VersionHold>(s => () => NeededVersions.Of(s.GetRequiredService<TrainingQueue>(), s.GetRequiredService<IOptions<TrainingOptions>>().Value));
        services.ConfigureHttpJsonOptions(o => Configure(o.SerializerOptions));
        services.AddSignalR(o =>
            {
                o.AddFilter<HubFailureFilter>();
                o.AddFilter<HubAccessFilter>();
            })
            .AddJsonProtocol(o => Configure(o.PayloadSerializerOptions));
        services.AddSingleton<HubFailureFilter>();
        services.AddSingleton<HubAccessFilter>();
    }

    public static void ConfigureEdge(this IWebHostBuilder host) => host.ConfigureKestrel(kestrel =>
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 1 << 20;
    });

    private static void Configure(JsonSerializerOptions json) => json.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
}
