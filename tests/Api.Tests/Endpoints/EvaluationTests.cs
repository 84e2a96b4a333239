using System.Net;
using System.Text.Json;
using Diffusion.Api.Evaluations;
using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;
using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Testing;
using Diffusion.Training.Evaluation;
using Diffusion.Training.EvaluationJobs;
using Diffusion.Training.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using static TorchSharp.torch;

namespace Diffusion.Api.Tests.Endpoints;

[Collection(SharedService.Name)]
public sealed class EvaluationTests(Service service)
{
    private const string Path = "/v1/evaluations";

    private HttpClient Http => service.Http;

    private static string Request(string more = "", string model = Service.Plain) =>
        $$"""{ "model": "{{model}}", "data": "tiny", "samples": 20, "seed": 5, "samplers": [{ "sampler": "ddim", "steps": [2, 3] }], "metrics": ["nearest-image"]{{more}} }""";

    [Fact]
    public async Task Submit_RunsThroughTheEngine_AndIsAttached()
    {
        var answer = await Http.CallAsync(HttpMethod.Post, Path, Request());
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var id = await answer.IdAsync();
        Assert.Equal($"{Path}/{id}", answer.Headers.Location?.ToString());
        var done = await UntilAsync(id, e => e.GetProperty("state").GetString() is not ("queued" or "running"));
        Assert.True(done.GetProperty("state").GetString() == "succeeded", done.GetRawText());
        Assert.Equal((40, 40, 1.0), (done.GetProperty("progress").GetProperty("pictures").GetInt32(), done.GetProperty("progress").GetProperty("picturesDone").GetInt32(), done.GetProperty("progress").GetProperty("share").GetDouble()));
        var version = await (await Http.GetAsync(done.GetProperty("links").GetProperty("version").GetString()!, headers: [])).JsonAsync();
        var results = version.GetProperty("results").EnumerateArray().Where(r => r.GetProperty("id").GetString()!.StartsWith(id, StringComparison.Ordinal)).ToArray();
        Assert.Equal(["2", "3"], results.Select(r => r.GetProperty("settings").GetProperty("steps").GetString()));
        Assert.Equal(
            done.GetProperty("points").EnumerateArray().Select(p => p.GetProperty("metrics").GetProperty("nearest-image").GetDouble()),
            results.Select(r => r.GetProperty("metrics").GetProperty("nearest-image").GetDouble()));

        var page = await (await Http.GetAsync($"{Path}?limit=1&model={Service.Plain}&state=succeeded", headers: [])).JsonAsync();
        Assert.Equal(id, Assert.Single(page.GetProperty("items").EnumerateArray()).GetProperty("id").GetString());
        var late = await Http.CallAsync(HttpMethod.Post, $"{Path}/{id}/cancel");
        Assert.Equal("/problems/conflicting-state", await late.ProblemAsync(HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Submit_OfTheBound_DrawsNoPictures_AndIsAttached()
    {
        var id = await (await Http.CallAsync(HttpMethod.Post, Path, $$"""
            { "model": "{{Service.Plain}}", "data": "tiny", "samples": 4, "samplers": [{ "sampler": "ddpm", "steps": [3] }], "metrics": ["nll"] }
            """)).IdAsync();
        var done = await UntilAsync(id, e => e.GetProperty("state").GetString() is not ("queued" or "running"));
        Assert.True(done.GetProperty("state").GetString() == "succeeded", done.GetRawText());
        Assert.Equal((0, 1.0), (done.GetProperty("progress").GetProperty("pictures").GetInt32(), done.GetProperty("progress").GetProperty("share").GetDouble()));
        var figures = done.GetProperty("points")[0].GetProperty("metrics");
        Assert.True(figures.GetProperty("nll.small").GetDouble() > 0 && figures.GetProperty("nll.small.error").GetDouble() > 0);
        var version = await (await Http.GetAsync(done.GetProperty("links").GetProperty("version").GetString()!, headers: [])).JsonAsync();
        Assert.Equal(figures.GetProperty("nll.large").GetDouble(), version.GetProperty("metrics").GetProperty("nll.large").GetDouble());
    }

    /// <summary>The pictures are those that the sampler draws by itself for this seed, in whatever lots the engine is asked for them.</summary>
    [Fact]
    public async Task Draw_InLots_GivesThePicturesOfTheSeed()
    {
        var draw = service.Services.GetRequiredService<DrawSamples>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var (whole, part) = (await draw(Order(0, 8), patience.Token), await draw(Order(5, 3), patience.Token));
        Assert.Equal(whole[(5 * 64)..], part, (a, b) => Math.Abs(a - b) <= 1e-5);

        using var denoiser = Denoiser.Load(new CheckpointStore(service.ModelsPath, TimeProvider.System).Find(Service.Plain)!, CPU);
        var ddpm = SamplerCatalog.Find("ddpm")!;
        var alone = new RowSampler(denoiser.Network, CPU).Run(ddpm.Compile(denoiser.Manifest.Traits, new SamplingOptions(ddpm, 4)), [5, 6, 7], 3, 2, seed: 9, firstSample: 5);
        Assert.Equal(alone, part, (a, b) => Math.Abs(a - b) <= 1e-4);

        static SampleOrder Order(int first, int count) =>
            new(Service.Plain, 1, "ddpm", 4, new Dictionary<string, string>(), 2, 9, first, [.. Enumerable.Range(first, count).Select(i => i % 10)], count);
    }

    /// <summary>What steers them is the engine's and the sampler's own; what the engine does not know yet is waited for.</summary>
    [Fact]
    public async Task Draw_Steered_GivesThePicturesThatTheSamplerGivesSteered()
    {
        var store = new CheckpointStore(service.ModelsPath, TimeProvider.System);
        var guide = TinyModels.PublishClassifier(store, "guide");
        try
        {
            var draw = service.Services.GetRequiredService<DrawSamples>();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            using var denoiser = Denoiser.Load(store.Find(Service.Plain)!, CPU);
            using var guiding = GuidingClassifier.Load(guide, CPU);
            var ddim = SamplerCatalog.Find("ddim")!;
            var table = ddim.Compile(denoiser.Manifest.Traits, new SamplingOptions(ddim, 4));
            var thresholded = table with { Rows = [.. table.Rows.Select(r => r with { Threshold = 0.8, ClipsClean = false })] };
            var pulled = await draw(Order(new Steering { Classifier = new GuidingVersion("guide", 1, 15) }), patience.Token);
            var held = await draw(Order(new Steering { GuidanceRescale = 0.7, GuidanceParallel = 0.25, DynamicThreshold = 0.8 }), patience.Token);
            var plain = await draw(Order(Steering.None), patience.Token);
            Assert.Equal(new RowSampler(denoiser.Network, CPU) { Rescale = 0.7, Parallel = 0.25 }.Run(thresholded, [1, 2], 2, 3, seed: 9), held, (a, b) => Math.Abs(a - b) <= 1e-4);
            Assert.Equal(new RowSampler(denoiser.Network, CPU) { Guide = new SampleGuide(guiding, 15, [1, 2]) }.Run(table, [1, 2], 2, 3, seed: 9), pulled, (a, b) => Math.Abs(a - b) <= 1e-4);
            foreach (var steered in new[] { held, pulled }) Assert.True(plain.Zip(steered, (a, b) => Math.Abs(a - b)).Max() > 1e-2);
        }
        finally
        {
            Directory.Delete(System.IO.Path.Combine(service.ModelsPath, "guide"), recursive: true);
        }

        static SampleOrder Order(Steering steering) => new(Service.Plain, 1, "ddim", 4, new Dictionary<string, string>(), 3, 9, 0, [1, 2], 2) { Steering = steering };
    }

    [Fact]
    public async Task Submit_OfSteeredPictures_TellsWhatSteersThem()
    {
        var id = await (await Http.CallAsync(HttpMethod.Post, Path, $$"""
            { "model": "{{Service.Plain}}", "data": "tiny", "samples": 4, "metrics": ["nearest-image"], "samplers": [
              { "sampler": "ddim", "steps": [2] }, { "sampler": "ddim", "steps": [2], "guidance": 4, "guidanceParallel": 0, "guidanceRescale": 0.7, "dynamicThreshold": 0.8 }] }
            """)).IdAsync();
        var done = await UntilAsync(id, e => e.GetProperty("state").GetString() is not ("queued" or "running"));
        Assert.True(done.GetProperty("state").GetString() == "succeeded", done.GetRawText());
        var (plain, held) = (done.GetProperty("points")[0], done.GetProperty("points")[1]);
        Assert.Equal((0.0, 1.0, false), (plain.GetProperty("guidanceRescale").GetDouble(), plain.GetProperty("guidanceParallel").GetDouble(), plain.TryGetProperty("dynamicThreshold", out _)));
        Assert.Equal((0.7, 0.0, 0.8), (held.GetProperty("guidanceRescale").GetDouble(), held.GetProperty("guidanceParallel").GetDouble(), held.GetProperty("dynamicThreshold").GetDouble()));
        Assert.NotEqual(plain.GetProperty("metrics").GetProperty("nearest-image").GetDouble(), held.GetProperty("metrics").GetProperty("nearest-image").GetDouble());
        var version = await (await Http.GetAsync(done.GetProperty("links").GetProperty("version").GetString()!, headers: [])).JsonAsync();
        var settings = version.GetProperty("results").EnumerateArray().Single(r => r.GetProperty("id").GetString() == $"{id}.1").GetProperty("settings");
        Assert.Equal(("0.7", "0", "0.8"), (settings.GetProperty("guidanceRescale").GetString(), settings.GetProperty("guidanceParallel").GetString(), settings.GetProperty("dynamicThreshold").GetString()));
    }

    /// <summary>While somebody else's pictures are in the engine nothing of an evaluation is; when its patience is over it gets on.</summary>
    [Fact]
    public async Task Draw_WhileOthersAreServed_Waits()
    {
        var clock = new ManualTimeProvider();
        var generations = service.Services.GetRequiredService<GenerationService>();
        var samples = new EngineSamples(generations, Options.Create(new EvaluationOptions()), clock);
        var busy = generations.Submit(new GenerationRequest { Model = Service.Long, Sampler = "ddpm", Steps = 1000, Count = 16, Client = "somebody" });
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var drawn = samples.DrawAsync(new SampleOrder(Service.Plain, 1, "ddim", 2, new Dictionary<string, string>(), 1, 1, 0, [1], 1), patience.Token);
        Assert.DoesNotContain(EngineSamples.Client, Clients());
        clock.Advance(TimeSpan.FromSeconds(9));
        Assert.DoesNotContain(EngineSamples.Client, Clients());
        Assert.False(drawn.IsCompleted);
        while (!drawn.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
            patience.Token.ThrowIfCancellationRequested();
        }
        Assert.Equal(64, (await drawn).Length);
        busy.Cancel();

        IEnumerable<string> Clients() => generations.Snapshot().Lanes.SelectMany(l => l.Clients).Select(c => c.Client);
    }

    [Theory]
    [InlineData("""{ "model": "digits-ddpm", "data": "tiny", "metrics": ["fid"], "colour": 1 }""", "colour", "metrics")]
    [InlineData("""{ "model": "digits-ddpm", "data": "tiny", "samplers": [{ "sampler": "ddim", "steps": [0] }] }""", "samplers[0].steps")]
    [InlineData("""{ "model": "digits-ddpm", "data": "absent" }""", "data")]
    [InlineData("""{ "model": "digits-ddpm", "data": "tiny", "samplers": [{ "sampler": "ddim", "steps": [2], "guidance": 2, "guidanceRescale": 2, "guidanceParallel": 7, "dynamicThreshold": -1, "guidingClassifier": "nobody", "classifierScale": 99 }] }""",
        "samplers[0].classifierScale", "samplers[0].dynamicThreshold", "samplers[0].guidanceParallel", "samplers[0].guidanceRescale", "samplers[0].guidingClassifier")]
    [InlineData("{}", "model")]
    public async Task Submit_WrongFields_NamesEachOfThem(string body, params string[] fields)
    {
        var problem = await ProblemAnswer.ReadAsync(await Http.CallAsync(HttpMethod.Post, Path, body));
        Assert.Equal(400, problem.Status);
        Assert.Equal(fields, problem.Errors!.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("?limit=0&state=lost&colour=red", "colour", "limit", "state")]
    public async Task List_WrongFields_NamesEachOfThem(string query, params string[] fields)
    {
        var problem = await ProblemAnswer.ReadAsync(await Http.GetAsync(Path + query));
        Assert.Equal(fields, problem.Errors!.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("GET", "/v1/evaluations/nobody")]
    [InlineData("POST", "/v1/evaluations/nobody/cancel")]
    public async Task Unknown_IsSaidSo(string method, string path) =>
        Assert.Equal("/problems/unknown-evaluation", await (await Http.CallAsync(new HttpMethod(method), path)).ProblemAsync(HttpStatusCode.NotFound));

    [Fact]
    public async Task Examples_OfTheDocument_AreTaken()
    {
        using var document = JsonDocument.Parse(await Http.GetStringAsync("/openapi/v1.json"));
        var post = document.RootElement.GetProperty("paths").GetProperty(Path).GetProperty("post");
        var examples = post.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("examples").EnumerateObject().ToArray();
        Assert.NotEmpty(examples);
        using var judge = new Judge(service.ModelsPath);
        foreach (var example in examples)
        {
            // the models of the tests were trained on nothing
            var body = example.Value.GetProperty("value").GetRawText();
            var answer = await Http.CallAsync(HttpMethod.Post, Path, "{ \"data\": \"tiny\"," + body[(body.IndexOf('{', StringComparison.Ordinal) + 1)..]);
            Assert.True(answer.StatusCode == HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
            await Http.CallAsync(HttpMethod.Post, $"{Path}/{await answer.IdAsync()}/cancel");
        }
    }

    /// <summary>A classifier for the images of the tests, as long as it is needed.</summary>
    private sealed class Judge : IDisposable
    {
        private readonly string folder;

        public Judge(string models)
        {
            folder = Directory.CreateDirectory(System.IO.Path.Combine(models, "judge")).FullName;
            using var classifier = new ImageClassifier(new ClassifierConfig { ImageSize = TinySet.Side, Channels = 1, Classes = 10, Widths = [8], FeatureWidth = 6 }, 3);
            classifier.Save(System.IO.Path.Combine(folder, ImageJudge.FileName));
            File.WriteAllText(System.IO.Path.Combine(folder, "report.json"), $$"""{ "data": "{{TinySet.Name}}" }""");
        }

        public void Dispose() => Directory.Delete(folder, recursive: true);
    }

    private async Task<JsonElement> UntilAsync(string id, Func<JsonElement, bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var now = await (await Http.GetAsync($"{Path}/{id}", patience.Token)).JsonAsync();
            if (holds(now)) return now;
            await Task.Yield();
        }
    }
}
