using System.Globalization;
using Diffusion.Inference;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Diffusion.Bench.Peers;

/// <summary>Pictures from the engine as the service has it, without HTTP.</summary>
internal sealed class SamplingService : IDisposable
{
    private const ulong Seed = 7;
    private const int Label = 3, Pixels = 32 * 32;

    private readonly IHost host;
    private readonly GenerationService service;

    public SamplingService(string models, int threads)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Inference:ModelsPath"] = models,
            ["Inference:Device"] = "cpu",
            ["Inference:Threads"] = threads.ToString(CultureInfo.InvariantCulture),
        });
        builder.Services.AddInference(builder.Configuration.GetSection(InferenceOptions.Section));
        host = builder.Build();
        host.Start();
        service = host.Services.GetRequiredService<GenerationService>();
    }

    /// <summary>x_T, and for DDDM the first memory, of the picture that is always made.</summary>
    public static IReadOnlyList<float[]> Start(string kind)
    {
        var (x, memory) = (new float[Pixels], new float[Pixels]);
        NoiseRows.Start(Seed, 0, 1, x);
        NoiseRows.Memory(Seed, 0, memory);
        return kind == "dddm" ? [x, memory] : [x];
    }

    public float[] Picture(string kind, int steps) => service.Submit(new GenerationRequest
    {
        Model = $"digits-{(kind == "dddm" ? "dddm" : "ddpm")}",
        Sampler = kind,
        Steps = steps,
        Seed = Seed,
        Labels = [Label],
    }).Completion.GetAwaiter().GetResult().Values;

    public void Dispose()
    {
        host.StopAsync().GetAwaiter().GetResult();
        host.Dispose();
    }
}
