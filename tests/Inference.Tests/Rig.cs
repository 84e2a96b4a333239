using System.Globalization;
using Diffusion.Checkpoints;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;
using Diffusion.Networks;
using Diffusion.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TorchSharp;

namespace Diffusion.Inference.Tests;

/// <summary>The service as it is registered, with tiny real models and a manual clock; the test is the engine thread.</summary>
public sealed class Rig : IDisposable
{
    public const string Labelled = "tiny-ddpm", Memory = "tiny-dddm", Plain = "tiny-plain";

    private readonly TemporaryFolder folder = new();
    private readonly ServiceProvider services;

    public Rig(params (string Key, object Value)[] settings)
    {
        torch.set_num_threads(1);
        Store = new CheckpointStore(folder.Path, Clock);
        Labels = TinyModels.Publish(Store, Labelled, sampling: new("ddim", 5));
        Memories = TinyModels.Publish(Store, Memory, TinyModels.Network(memory: true), seed: 2, sampling: new("dddm", 2));
        Plains = TinyModels.Publish(Store, Plain, TinyModels.Network(classes: null), seed: 3);
        var values = settings.ToDictionary(s => s.Key, s => Convert.ToString(s.Value, CultureInfo.InvariantCulture));
        values.TryAdd("ModelsPath", folder.Path);
        values.TryAdd("DefaultModels:0", Labelled);
        values.TryAdd("DefaultModels:1", Memory);
        values.TryAdd("Device", "cpu");
        values.TryAdd("Threads", "1");
        services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(Clock)
            .AddInference(new ConfigurationBuilder().AddInMemoryCollection(values).Build()).BuildServiceProvider();
        Service = services.GetRequiredService<GenerationService>();
        Models = services.GetRequiredService<ModelRegistry>();
        Engine = services.GetRequiredService<InferenceEngine>();
        Watcher = services.GetServices<IHostedService>().OfType<ModelWatcher>().Single();
    }

    public ManualTimeProvider Clock { get; } = new();

    public CheckpointStore Store { get; }

    public CheckpointVersion Labels { get; }

    public CheckpointVersion Memories { get; }

    public CheckpointVersion Plains { get; }

    public GenerationService Service { get; }

    public ModelRegistry Models { get; }

    public IServiceProvider Services => services;

    internal InferenceEngine Engine { get; }

    internal ModelWatcher Watcher { get; }

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

    /// <summary>The pictures of a request that runs alone.</summary>
    public GenerationResult Run(GenerationRequest request)
    {
        var generation = Submit(request);
        RunAll();
        return Result(generation);
    }

    /// <summary>The same, as the generation.</summary>
    public Generation Finish(GenerationRequest request)
    {
        var generation = Submit(request);
        RunAll();
        Result(generation);
        return generation;
    }

    public static GenerationResult Result(Generation generation)
    {
        Assert.Equal(GenerationState.Succeeded, generation.State);
        return generation.Completion.GetAwaiter().GetResult();
    }

    public static GenerationFailedException Failure(Generation generation) =>
        Assert.Throws<GenerationFailedException>(() => generation.Completion.GetAwaiter().GetResult());

    public static float[] Picture(GenerationResult result, int index)
    {
        var size = result.Values.Length / result.Count;
        return result.Values[(index * size)..((index + 1) * size)];
    }

    public static float Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Assert.Equal(a.Length, b.Length);
        var largest = 0f;
        for (var i = 0; i < a.Length; i++) largest = Math.Max(largest, Math.Abs(a[i] - b[i]));
        return largest;
    }

    public void Dispose()
    {
        Engine.CancelAll();
        Engine.Dispose();
        services.Dispose();
        folder.Dispose();
    }
}
