using Diffusion.Api.Hosting;
using Diffusion.Inference;
using Diffusion.Inference.Jobs;
using Diffusion.Training.Commands;

namespace Diffusion.Api.Commands;

/// <summary>What a command says of the engine.</summary>
/// <param name="Models">The folder of the models; null for that of the settings.</param>
/// <param name="Device">cpu, cuda, cuda:0 or auto; null for that of the settings.</param>
/// <param name="Threads">Of one CPU operation; 0 for that of the settings.</param>
internal sealed record EngineSettings(string? Models, string? Device, int Threads)
{
    public static EngineSettings Read(CommandArguments arguments) => new(
        arguments.Text("models", "") is { Length: > 0 } models ? models : null,
        arguments.Text("device", "") is { Length: > 0 } device ? device : null,
        arguments.Int("threads", 1, 0));
}

/// <summary>The service's engine alone, without network, store or training, and without the limits that clients have.</summary>
internal sealed class PictureEngine : IAsyncDisposable
{
    private const string Unlimited = "100000000", MostPictures = "100000", MostSteps = "100000";

    private readonly IHost host;

    private PictureEngine(IHost host) => this.host = host;

    /// <summary>Where requests go.</summary>
    public GenerationService Generations => host.Services.GetRequiredService<GenerationService>();

    /// <summary>Starts it; a request waits for its model to be loaded.</summary>
    /// <param name="settings">What the command says; the rest is as in appsettings.json and the environment.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static async Task<PictureEngine> StartAsync(EngineSettings settings, CancellationToken cancellation)
    {
        var service = Settings.CreateBuilder([]);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = service.Environment.ContentRootPath });
        builder.Configuration.AddConfiguration(service.Configuration);
        builder.Configuration.AddInMemoryCollection(Values(settings).Select(v => KeyValuePair.Create($"{InferenceOptions.Section}:{v.Name}", v.Value)));
        builder.Services.AddOptions<InferenceOptions>().PostConfigure(o => o.ModelsPath = service.Environment.PathIn(o.ModelsPath));
        builder.Services.AddInference(builder.Configuration.GetSection(InferenceOptions.Section));
        TorchSettings.Apply(builder.Configuration);
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellation);
            return new PictureEngine(host);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }

    private static IEnumerable<(string Name, string? Value)> Values(EngineSettings settings)
    {
        yield return (nameof(InferenceOptions.MaxCount), MostPictures);
        yield return (nameof(InferenceOptions.MaxRows), Unlimited);
        yield return (nameof(InferenceOptions.MaxSteps), MostSteps);
        yield return (nameof(InferenceOptions.MaxTrajectoryBytes), FormattableString.Invariant($"{int.MaxValue}"));
        yield return (nameof(InferenceOptions.MaxRecordedBytes), FormattableString.Invariant($"{(long)int.MaxValue}"));
        if (settings.Models is not null) yield return (nameof(InferenceOptions.ModelsPath), settings.Models);
        if (settings.Device is not null) yield return (nameof(InferenceOptions.Device), settings.Device);
        if (settings.Threads > 0) yield return (nameof(InferenceOptions.Threads), FormattableString.Invariant($"{settings.Threads}"));
    }
}
