using System.Globalization;
using Diffusion.Checkpoints;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;
using Diffusion.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Diffusion.Inference.Tests.Analytic;

/// <summary>
/// The service as it is registered, on <see cref="AnalyticDevice"/> and a virtual clock: no tensor anywhere, so that a
/// test can afford a million requests. Pictures have 2 x 2 values.
/// </summary>
internal sealed class AnalyticRig : IDisposable
{
    public const string Labelled = "line", Memory = "line-memory";

    /// <summary>Bytes of the weights of every model.</summary>
    public const int Bytes = 1000;

    private readonly TemporaryFolder folder = new();
    private readonly ServiceProvider services;

    public AnalyticRig(params (string Key, object Value)[] settings) : this(_ => { }, settings)
    {
    }

    /// <param name="prepare">Called with the device before it loads a model.</param>
    /// <param name="settings">Of the section Inference.</param>
    public AnalyticRig(Action<AnalyticDevice> prepare, params (string Key, object Value)[] settings)
    {
        Store = new CheckpointStore(folder.Path, Clock);
        Device = new AnalyticDevice(Clock);
        prepare(Device);
        Publish(Labelled);
        Publish(Memory, memory: true);
        var values = settings.ToDictionary(s => s.Key, s => Convert.ToString(s.Value, CultureInfo.InvariantCulture));
        values.TryAdd("ModelsPath", folder.Path);
        values.TryAdd("DefaultModels:0", Labelled);
        values.TryAdd("DefaultModels:1", Memory);
        services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(Clock).AddSingleton<IDevice>(Device)
            .AddInference(new ConfigurationBuilder().AddInMemoryCollection(values).Build()).BuildServiceProvider();
        Service = services.GetRequiredService<GenerationService>();
        Models = services.GetRequiredService<ModelRegistry>();
        Engine = services.GetRequiredService<InferenceEngine>();
        Watcher = services.GetServices<IHostedService>().OfType<ModelWatcher>().Single();
        Watcher.LoadWanted();
        Device.Sizes.Clear();
    }

    public ManualTimeProvider Clock { get; } = new();

    public AnalyticDevice Device { get; }

    public CheckpointStore Store { get; }

    public GenerationService Service { get; }

    public ModelRegistry Models { get; }

    public InferenceEngine Engine { get; }

    public ModelWatcher Watcher { get; }

    public IServiceProvider Services => services;

    /// <summary>Publishes the next version of a model; its number is in its weights.</summary>
    public CheckpointVersion Publish(string model, bool memory = false) => Store.Publish(
        model, version => TinyModels.Manifest(model, TinyModels.Network(memory: memory, imageSize: 2), (ulong)version),
        written => File.WriteAllBytes(Path.Combine(written, CheckpointVersion.WeightsFile), new byte[Bytes]));

    /// <summary>Sees what was published, and loads it.</summary>
    public void Look()
    {
        Models.Refresh();
        Watcher.LoadWanted();
    }

    public Generation Submit(GenerationRequest request)
    {
        var generation = Service.Submit(request);
        Watcher.LoadWanted();
        return generation;
    }

    /// <summary>Ticks until nothing is left to run.</summary>
    public void RunAll()
    {
        while (Engine.Tick()) { }
    }

    /// <summary>Asserts that it succeeded with exactly the pictures that it would have given alone.</summary>
    public static void AssertExact(Generation generation) =>
        Assert.Equal(AnalyticReference.Of(generation), Rig.Result(generation).Values);

    public void Dispose()
    {
        Engine.CancelAll();
        Engine.Dispose();
        services.Dispose();
        folder.Dispose();
    }
}
