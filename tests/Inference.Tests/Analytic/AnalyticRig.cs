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

    private readonly TemporaryFolder? folder;
    private readonly ServiceProvider services;

    /// <summary>With models of its own, of one version each.</summary>
    public AnalyticRig(params (string Key, object Value)[] settings) : this(_ => { }, settings)
    {
    }

    /// <summary>The same.</summary>
    /// <param name="prepare">Called with the device before it loads a model.</param>
    /// <param name="settings">Of the section <c>Inference</c>.</param>
    public AnalyticRig(Action<AnalyticDevice> prepare, params (string Key, object Value)[] settings)
    {
        folder = new TemporaryFolder();
        (Store, Device) = (new CheckpointStore(folder.Path, Clock), new AnalyticDevice(Clock));
        prepare(Device);
        Publish(Labelled);
        Publish(Memory, memory: true);
        (Service, Models, Engine, Watcher) = Build(services = Register(folder.Path, d => d, _ => { }, settings));
        Device.Sizes.Clear();
    }

    /// <summary>With models that others use too, and with other parts in place of the registered ones.</summary>
    /// <param name="models">Folder of the models; nothing must be published there.</param>
    /// <param name="device">Told the device; gives the one that the engine sees.</param>
    /// <param name="replace">Registers parts before the service does.</param>
    /// <param name="settings">Of the section <c>Inference</c>.</param>
    public AnalyticRig(string models, Func<AnalyticDevice, IDevice> device, Action<IServiceCollection> replace, params (string Key, object Value)[] settings)
    {
        (Store, Device) = (new CheckpointStore(models, Clock), new AnalyticDevice(Clock));
        (Service, Models, Engine, Watcher) = Build(services = Register(models, device, replace, settings));
    }

    private ServiceProvider Register(string models, Func<AnalyticDevice, IDevice> device, Action<IServiceCollection> replace, (string Key, object Value)[] settings)
    {
        var values = settings.ToDictionary(s => s.Key, s => Convert.ToString(s.Value, CultureInfo.InvariantCulture));
        values.TryAdd("ModelsPath", models);
        values.TryAdd("DefaultModels:0", Labelled);
        values.TryAdd("DefaultModels:1", Memory);
        var registered = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(Clock).AddSingleton(device(Device));
        replace(registered);
        return registered.AddInference(new ConfigurationBuilder().AddInMemoryCollection(values).Build()).BuildServiceProvider();
    }

    private static (GenerationService, ModelRegistry, InferenceEngine, ModelWatcher) Build(ServiceProvider services)
    {
        var watcher = services.GetServices<IHostedService>().OfType<ModelWatcher>().Single();
        watcher.LoadWanted();
        return (services.GetRequiredService<GenerationService>(), services.GetRequiredService<ModelRegistry>(), services.GetRequiredService<InferenceEngine>(), watcher);
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
    public CheckpointVersion Publish(string model, bool memory = false) => Publish(Store, model, memory);

    /// <summary>The same in any store.</summary>
    public static CheckpointVersion Publish(CheckpointStore store, string model, bool memory) => store.Publish(
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
        folder?.Dispose();
    }
}
