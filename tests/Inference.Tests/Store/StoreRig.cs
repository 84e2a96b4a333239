using System.Globalization;
using Diffusion.Checkpoints;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;
using Diffusion.Inference.Store;
using Diffusion.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TorchSharp;

namespace Diffusion.Inference.Tests.Store;

/// <summary>One life of a service with a store: its folder outlives it. The test is the engine thread and the clock.</summary>
internal sealed class StoreRig : IAsyncDisposable
{
    public const string Model = "tiny-ddpm";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ServiceProvider services;
    private readonly StoreHost host;
    private bool stopped;

    private StoreRig(TemporaryFolder folder, ManualTimeProvider clock, (string Key, object Value)[] settings)
    {
        torch.set_num_threads(1);
        Clock = clock;
        var inference = new Dictionary<string, string?> { ["ModelsPath"] = folder["models"], ["DefaultModels:0"] = Model, ["Device"] = "cpu", ["Threads"] = "1" };
        var store = new Dictionary<string, string?> { ["Path"] = folder["store"] };
        foreach (var (key, value) in settings) (key.StartsWith("Max", StringComparison.Ordinal) && key.Contains("Queued", StringComparison.Ordinal) ? inference : store)[key] = Convert.ToString(value, CultureInfo.InvariantCulture);
        services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(clock)
            .AddGenerationStore(new ConfigurationBuilder().AddInMemoryCollection(store).Build())
            .AddInference(new ConfigurationBuilder().AddInMemoryCollection(inference).Build()).BuildServiceProvider();
        Generations = services.GetRequiredService<GenerationService>();
        Archive = services.GetRequiredService<GenerationArchive>();
        Ledger = services.GetRequiredService<AnswerLedger>();
        Engine = services.GetRequiredService<InferenceEngine>();
        Watcher = services.GetServices<IHostedService>().OfType<ModelWatcher>().Single();
        host = services.GetServices<IHostedService>().OfType<StoreHost>().Single();
    }

    public ManualTimeProvider Clock { get; }

    public GenerationService Generations { get; }

    public GenerationArchive Archive { get; }

    public AnswerLedger Ledger { get; }

    public InferenceEngine Engine { get; }

    public ModelWatcher Watcher { get; }

    public StoreSession Session => services.GetRequiredService<StoreDoor>().Session;

    public Retention Retention => services.GetRequiredService<Retention>();

    public static GenerationRequest Request => new() { Model = Model, Sampler = "ddim", Steps = 3, Seed = 5 };

    /// <summary>A folder with a model in it.</summary>
    public static TemporaryFolder Folder()
    {
        var folder = new TemporaryFolder();
        TinyModels.Publish(new CheckpointStore(folder["models"], TimeProvider.System), Model, sampling: new("ddim", 5));
        return folder;
    }

    public static async Task<StoreRig> StartAsync(TemporaryFolder folder, ManualTimeProvider? clock = null, params (string Key, object Value)[] settings)
    {
        var rig = new StoreRig(folder, clock ?? new ManualTimeProvider(), settings);
        await rig.host.StartAsync(CancellationToken.None);
        return rig;
    }

    /// <summary>Accepts a generation durably; it does not run yet.</summary>
    public async Task<Generation> KeepAsync(GenerationRequest request)
    {
        var generation = Generations.Submit(request);
        await Archive.KeepAsync(generation, new Dictionary<string, string>());
        return generation;
    }

    /// <summary>Runs what is there and what recovery brings meanwhile, until this one is written down.</summary>
    public Task FinishAsync(string id) => UntilAsync(() =>
    {
        RunAll();
        return Record(id).IsFinal;
    });

    public Task WrittenAsync(string id) => UntilAsync(() => Record(id).IsFinal);

    public void RunAll()
    {
        Watcher.LoadWanted();
        while (Engine.Tick()) { }
    }

    public GenerationRecord Record(string id) => Archive.Find(id) ?? throw new KeyNotFoundException(id);

    public GenerationResult Result(string id) => Archive.ReadResult(Record(id)) ?? throw new KeyNotFoundException(id);

    public static async Task UntilAsync(Func<bool> condition)
    {
        // real time: files and SQLite do not follow the manual clock
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Stops as the host does: the engine first, then the store.</summary>
    public async Task StopAsync()
    {
        if (stopped) return;
        stopped = true;
        Engine.CancelAll();
        Engine.Dispose();
        await host.StopAsync(CancellationToken.None);
    }

    /// <summary>Ends as a killed process does: nothing more is written.</summary>
    public async Task CrashAsync()
    {
        await services.GetRequiredService<StoreDoor>().CloseAsync();
        await StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await services.DisposeAsync();
    }
}
