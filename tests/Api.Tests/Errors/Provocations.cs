using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Diffusion.Api.Access;
using Diffusion.Api.Tests.Endpoints;
using Diffusion.Api.Tests.Hosting;
using Diffusion.Api.Tests.Hubs;
using Diffusion.Api.Tests.Streams;
using Diffusion.Checkpoints;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Diffusion.Api.Tests.Errors;

/// <summary>
/// One request for every kind of failure that a caller can meet, as a caller makes it. A new problem needs an entry
/// here: one line where a request is enough, one method where the service must be in trouble.
/// </summary>
internal static class Provocations
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static IReadOnlyDictionary<string, Func<Service, Task<ProblemAnswer>>> Of { get; } = new Dictionary<string, Func<Service, Task<ProblemAnswer>>>(StringComparer.Ordinal)
    {
        ["validation"] = s => Post(s, "/generate?steps=0"),
        ["malformed-json"] = s => Send(s, HttpMethod.Post, "/generate", body: "{"),
        ["bad-request"] = s => Send(s, HttpMethod.Get, "/v1/models", ("Host", "evil.example")),
        ["unauthorized"] = s => WithKeys(s, key: null),
        ["forbidden"] = s => WithKeys(s, Scopes.Train),
        ["cross-site"] = s => Send(s, HttpMethod.Post, "/generate", ("Origin", "http://evil.example")),
        ["not-found"] = s => Send(s, HttpMethod.Get, "/v1/nothing"),
        ["unknown-model"] = s => Send(s, HttpMethod.Get, "/v1/models/nobody"),
        ["unknown-sampler"] = s => Send(s, HttpMethod.Get, "/v1/samplers/nobody"),
        ["unknown-generation"] = WatchingNothing,
        ["unknown-training-job"] = s => Send(s, HttpMethod.Get, "/v1/training-jobs/999999"),
        ["unknown-dataset"] = s => Send(s, HttpMethod.Get, "/v1/datasets/nobody"),
        ["damaged-dataset"] = DamagedDataset,
        ["unknown-upload"] = s => Send(s, HttpMethod.Get, "/v1/datasets/uploads/upl_none"),
        ["mismatching-upload-offset"] = MismatchingOffset,
        ["digest-mismatch"] = s => Send(s, HttpMethod.Post, "/v1/datasets?name=provoked&size=8", ("Content-Digest", $"sha-256=:{Convert.ToBase64String(new byte[32])}:"), "bytes", "application/zip"),
        ["dataset-exists"] = s => Send(s, HttpMethod.Post, "/v1/datasets/uploads", body: """{ "name": "tiny", "size": 8, "length": 9 }"""),
        ["unusable-source"] = s => Send(s, HttpMethod.Post, "/v1/datasets?name=provoked&size=8", ("Prefer", "wait=60"), "no zip file", "application/zip"),
        ["unknown-evaluation"] = s => Send(s, HttpMethod.Get, "/v1/evaluations/nobody"),
        ["method-not-allowed"] = s => Send(s, HttpMethod.Get, "/generate"),
        ["format-unavailable"] = s => Send(s, HttpMethod.Post, "/generate?steps=1", ("Accept", "audio/mpeg")),
        ["canceled"] = Canceled,
        ["generation-failed"] = DurableProvocations.Failed,
        ["idempotency-in-progress"] = DurableProvocations.InProgress,
        ["idempotency-key-reused"] = DurableProvocations.KeyReused,
        ["result-expired"] = DurableProvocations.Expired,
        ["store-unavailable"] = DurableProvocations.StoreShut,
        ["model-gone"] = DurableProvocations.ModelGone,
        ["no-longer-valid"] = DurableProvocations.NoLongerValid,
        ["crashed-service"] = DurableProvocations.CrashedService,
        ["frames-not-kept"] = DurableProvocations.FramesNotKept,
        ["upgrade-required"] = s => Send(s, HttpMethod.Get, "/v1/stream"),
        ["too-many-streams"] = TooManyStreams,
        ["deadline-infeasible"] = s => Post(s, $"/generate?model={Service.Long}&sampler=ddpm&steps=1000&n=16&deadlineMs=1"),
        ["deadline-exceeded"] = DeadlineExceeded,
        ["conflicting-state"] = s => Send(s, HttpMethod.Delete, $"/v1/models/{Service.Plain}/versions/1"),
        ["version-mismatch"] = s => Send(s, HttpMethod.Put, $"/v1/models/{Service.Plain}/aliases/nobody", ("If-Match", "\"1-0\""), """{ "version": 1 }"""),
        ["too-large"] = s => Send(s, HttpMethod.Post, "/generate", body: new string(' ', 1 << 17)),
        ["unsupported-media"] = s => Send(s, HttpMethod.Post, "/generate", body: "steps=2", type: "text/plain"),
        ["range-not-satisfiable"] = s => Send(s, HttpMethod.Get, $"/v1/models/{Service.Plain}/versions/1/export", ("Range", "bytes=999999999-")),
        // the signature of a PNG, and nothing after it
        ["corrupt-upload"] = s => Send(s, HttpMethod.Post, "/v1/inversions", body: """{ "image": "iVBORw0KGgo=" }"""),
        ["sampler-not-supported-by-model"] = s => Post(s, $"/generate?sampler=dddm&model={Service.Plain}"),
        ["quota-exceeded"] = s => With(s, b => b.UseSetting("Api:LimitLoopback", "true").UseSetting("Api:AnonymousRowsPerMinute", "1"), "/generate?steps=2"),
        ["internal"] = s => With(s, b => b.ConfigureLogging(l => l.Services.AddSingleton<ILoggerProvider>(new BrokenLog())), "/generate?steps=1"),
        ["engine-error"] = s => Failing(s, () => throw new InvalidOperationException("a kernel that does not run")),
        ["gpu-out-of-memory"] = s => Failing(s, () => throw new OutOfMemoryException()),
        ["non-finite"] = s => Published(s, "diverged", Diverged, "/generate?steps=1&model=diverged&label=9"),
        ["model-loading"] = ModelLoading,
        ["model-unavailable"] = s => Published(s, "torn", Torn, "/generate?steps=1&model=torn"),
        ["overloaded"] = Overloaded,
        ["draining"] = s => With(s, _ => { }, "/generate?steps=1", h => h.Services.GetRequiredService<AdmissionQueue>().Close()),
    };

    private static Task<ProblemAnswer> Post(Service service, string path) => Send(service, HttpMethod.Post, path);

    private static async Task<ProblemAnswer> Send(
        Service service, HttpMethod method, string path, (string Name, string Value) header = default, string? body = null, string type = "application/json")
    {
        var request = new HttpRequestMessage(method, path);
        if (header.Name is not null) request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, type);
        return await ProblemAnswer.ReadAsync(await service.Http.SendAsync(request));
    }

    /// <summary>The answer of a service of its own, set up as told.</summary>
    private static async Task<ProblemAnswer> With(
        Service service, Action<IWebHostBuilder> setUp, string path, Action<WebApplicationFactory<Program>>? trouble = null, string? key = null)
    {
        await using var own = service.WithWebHostBuilder(setUp);
        using var http = own.CreateClient();
        if (key is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        trouble?.Invoke(own);
        return await ProblemAnswer.ReadAsync(await http.PostAsync(path, null));
    }

    private static async Task<ProblemAnswer> WithKeys(Service service, string? key)
    {
        using var folder = new TemporaryFolder();
        var token = KeyToken.Create();
        KeyFile.Change(folder["keys.json"], f => f with { Keys = [new ApiKey { Name = "a", Id = token.Id, Hash = token.Hash(), Scopes = key is null ? [] : [key], Created = default }] });
        return await With(service, b => b.UseSetting("Api:KeyFile", folder["keys.json"]), "/generate?steps=1", key: key is null ? null : token.Text);
    }

    // the clock is the test's: ticks take what it says
    private static async Task<ProblemAnswer> DeadlineExceeded(Service service)
    {
        var (clock, tick) = (new ManualTimeProvider(), TimeSpan.FromMilliseconds(10));
        await using var slow = service.WithWebHostBuilder(b => b.ConfigureServices(s => s.AddSingleton<TimeProvider>(clock)));
        using var http = slow.CreateClient();
        slow.Services.GetRequiredService<InferenceEngine>().BeforeForward = _ => clock.Advance(tick);
        for (var i = 0; i < 5; i++) (await http.PostAsync("/generate?steps=20&sampler=ddim", null)).EnsureSuccessStatusCode();
        tick = TimeSpan.FromHours(1);
        return await ProblemAnswer.ReadAsync(await http.PostAsync("/generate?steps=50&sampler=ddim&deadlineMs=600000", null));
    }

    private static Task<ProblemAnswer> Failing(Service service, Action failure) =>
        With(service, _ => { }, "/generate?steps=1", own => own.Services.GetRequiredService<InferenceEngine>().BeforeForward = _ => failure());

    /// <summary>The answer of a service that finds one model more.</summary>
    private static async Task<ProblemAnswer> Published(Service service, string model, Action<CheckpointStore> publish, string path)
    {
        publish(new CheckpointStore(service.ModelsPath, TimeProvider.System));
        try
        {
            return await With(service, _ => { }, path);
        }
        finally
        {
            Directory.Delete(Path.Combine(service.ModelsPath, model), recursive: true);
        }
    }

    // of one label only: a network that gives nothing else is not served at all
    private static void Diverged(CheckpointStore store) => TinyModels.Publish(store, "diverged", change: (name, weight) =>
    {
        if (name == "label_emb.weight") weight.select(0, 9).fill_(float.NaN);
    });

    // no room for a fourth model beside two that stay and one that is in use; the clock is the test's
    private static async Task<ProblemAnswer> ModelLoading(Service service)
    {
        var store = new CheckpointStore(service.ModelsPath, TimeProvider.System);
        var budget = new[] { Service.Plain, Service.Memory, Service.Long }.Sum(m => store.Find(m)!.Manifest.Files[CheckpointVersion.WeightsFile].Bytes);
        var clock = new ManualTimeProvider();
        await using var small = service.WithWebHostBuilder(b => b
            .UseSetting("Inference:ModelMemoryBudget", budget.ToString(CultureInfo.InvariantCulture)).ConfigureServices(s => s.AddSingleton<TimeProvider>(clock)));
        using var http = small.CreateClient();
        using var patience = new CancellationTokenSource(Patience);
        while (!(await http.GetAsync("/healthz/ready", patience.Token)).IsSuccessStatusCode) await Task.Yield();
        var running = small.Services.GetRequiredService<GenerationService>().Submit(new GenerationRequest { Model = Service.Long, Sampler = "ddpm", Steps = 1000, Count = 16 });
        try
        {
            while (running.State != GenerationState.Running)
            {
                patience.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
            small.Services.GetRequiredService<InferenceEngine>().BeforeForward = _ => clock.Advance(TimeSpan.FromHours(1));
            return await ProblemAnswer.ReadAsync(await http.PostAsync($"/generate?steps=1&model={Service.Unlabelled}", null, patience.Token));
        }
        finally
        {
            running.Cancel();
        }
    }

    private static async Task<ProblemAnswer> MismatchingOffset(Service service)
    {
        var upload = (await service.Http.CallAsync(HttpMethod.Post, "/v1/datasets/uploads", """{ "name": "provoked", "size": 8, "length": 9 }""")).Header("Location");
        try
        {
            return await Send(service, HttpMethod.Patch, upload, ("Upload-Offset", "5"), "1234", "application/partial-upload");
        }
        finally
        {
            await service.Http.DeleteAsync(upload);
        }
    }

    private static async Task<ProblemAnswer> DamagedDataset(Service service)
    {
        var torn = Directory.CreateDirectory(Path.Combine(service.DataPath, "torn"));
        await File.WriteAllTextAsync(Path.Combine(torn.FullName, "manifest.json"), "{ \"name\": ");
        try
        {
            return await Send(service, HttpMethod.Get, "/v1/datasets/torn");
        }
        finally
        {
            torn.Delete(recursive: true);
        }
    }

    private static void Torn(CheckpointStore store)
    {
        var weights = TinyModels.Publish(store, "torn").PathOf(CheckpointVersion.WeightsFile);
        using var file = new FileStream(weights, FileMode.Open, FileAccess.Write);
        file.SetLength(file.Length / 2);
    }

    private static async Task<ProblemAnswer> WatchingNothing(Service service)
    {
        using var patience = new CancellationTokenSource(Patience);
        await using var hub = await HubClient.ConnectAsync(service.Server, patience.Token);
        var error = await Assert.ThrowsAsync<HubError>(() => hub.InvokeAsync("Cancel", patience.Token, "gen_none"));
        return error.Problem;
    }

    private static async Task<ProblemAnswer> Canceled(Service service)
    {
        using var patience = new CancellationTokenSource(Patience);
        var sending = service.Http.PostAsync($"/generate?sampler=ddpm&steps=1000&n=16&model={Service.Long}", null, patience.Token);
        var directory = service.Services.GetRequiredService<GenerationDirectory>();
        Generation? running;
        while ((running = directory.Live.FirstOrDefault(g => g.Model == Service.Long)) is null)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
        running.Cancel();
        return await ProblemAnswer.ReadAsync(await sending);
    }

    private static async Task<ProblemAnswer> TooManyStreams(Service service)
    {
        using var patience = new CancellationTokenSource(Patience);
        await using var small = service.WithWebHostBuilder(b => b.UseSetting("Api:MaxStreams", "1"));
        using var http = small.CreateClient();
        using var first = await EventReader.OpenAsync(http, HttpMethod.Post, $"/generate?sampler=ddpm&steps=1000&n=16&frames=none&model={Service.Long}", patience.Token);
        return await ProblemAnswer.ReadAsync(await http.CallAsync(HttpMethod.Post, "/generate?steps=1", headers: [("Accept", "text/event-stream")]));
    }

    private static async Task<ProblemAnswer> Overloaded(Service service)
    {
        await using var small = service.WithWebHostBuilder(b => b.UseSetting("Inference:MaxQueuedGenerations", "1"));
        using var http = small.CreateClient();
        var running = small.Services.GetRequiredService<GenerationService>().Submit(new GenerationRequest { Model = Service.Long, Sampler = "ddpm", Steps = 1000, Count = 16 });
        try
        {
            return await ProblemAnswer.ReadAsync(await http.PostAsync("/generate?steps=1", null));
        }
        finally
        {
            running.Cancel();
        }
    }
}
