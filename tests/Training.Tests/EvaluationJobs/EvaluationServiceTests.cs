using Diffusion.Testing;
using Diffusion.Training.Data;
using Diffusion.Training.Evaluation;
using Diffusion.Training.EvaluationJobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.Tests.EvaluationJobs;

public sealed class EvaluationServiceTests : IDisposable
{
    private const string Two = """
        { "model": "tiny-model", "samples": 10, "seed": 3, "samplers": [{ "sampler": "ddim", "steps": [2, 3] }], "metrics": ["frechet", "precision-recall", "nearest-image", "label-accuracy", "class-score"] }
        """;

    private readonly Bench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task Evaluation_IsMeasured_AndAttachedToTheVersion()
    {
        var orders = new List<SampleOrder>();
        using var host = bench.Host((order, _) =>
        {
            orders.Add(order);
            return Task.FromResult(Bench.Noise(order));
        });
        await host.StartAsync();
        var record = await Bench.UntilOver(host, Bench.Submit(host, Two).Id);
        await host.StopAsync();

        Assert.Equal((EvaluationState.Succeeded, null), (record.State, record.Error));
        // labels in turn, lots of four
        Assert.Equal([(0, 4), (4, 4), (8, 2), (0, 4), (4, 4), (8, 2)], orders.Select(o => (o.First, o.Count)));
        Assert.Equal([0, 1, 0, 1], orders[1].Labels);
        Assert.Equal([2, 2, 2, 3, 3, 3], orders.Select(o => o.Steps));
        var results = bench.Store.Results(Bench.Model, 1).Results;
        Assert.Equal([$"{record.Id}.0", $"{record.Id}.1"], results.Select(r => r.Id));
        Assert.Equal(record.Points.Select(p => p.Metrics!["frechet"]), results.Select(r => r.Metrics["frechet"]));
        Assert.Equal(("ddim", "3", "10", "3", "tiny", "test"), (results[1].Settings["sampler"], results[1].Settings["steps"], results[1].Settings["samples"], results[1].Settings["seed"], results[1].Settings["data"], results[1].Settings["split"]));
        Assert.StartsWith("tiny-classifier ", results[0].Settings["features"], StringComparison.Ordinal);
        // the same pictures by both samplers here: the same figures, and those of the metrics themselves
        Assert.Equal(results[0].Metrics, results[1].Metrics);
        Assert.Equal(
            ["class-score", "class-score.deviation", "frechet", "frechet.ceiling", "frechet.floor", "label-accuracy", "nearest-image", "nearest-image.least", "nearest-image.real", "precision", "recall"],
            results[0].Metrics.Keys.Order(StringComparer.Ordinal));
        var (distance, floor) = Expected();
        Near.Relative(distance, results[0].Metrics["frechet"], 1e-9);
        Near.Relative(floor, results[0].Metrics["frechet.floor"], 1e-9);
        Assert.Empty(Directory.GetDirectories(Path.Combine(bench.StateFolder, "evaluations")));
    }

    /// <summary>What steers the pictures goes to whoever draws them, outlives a restart, is attached, and keeps the guiding version.</summary>
    [Fact]
    public async Task Evaluation_OfSteeredPictures_TellsWhatSteeredThem()
    {
        var orders = new List<SampleOrder>();
        string id;
        using (var first = bench.Host((_, _) => throw new InvalidOperationException("It does not run yet.")))
        {
            id = Bench.Submit(first, """
                { "model": "tiny-model", "samples": 4, "metrics": ["nearest-image"], "samplers": [
                  { "sampler": "ddim", "steps": [2], "guidance": 3, "guidanceRescale": 0.7, "guidanceParallel": 0.25, "dynamicThreshold": 0.995 },
                  { "sampler": "ddim", "steps": [2, 3], "guidingClassifier": "tiny-guide", "classifierScale": 1.5 }] }
                """).Id;
            Assert.Equal([(Bench.Model, 1), (Bench.Guide, 1)], Bench.QueueOf(first).Needed().Select(n => (n.Model, n.Version)));
        }
        using var second = bench.Host((order, _) =>
        {
            orders.Add(order);
            return Task.FromResult(Bench.Noise(order));
        });
        await second.StartAsync();
        var record = await Bench.UntilOver(second, id);
        await second.StopAsync();
        Assert.Equal((EvaluationState.Succeeded, null), (record.State, record.Error));
        Assert.Empty(Bench.QueueOf(second).Needed());
        Steering held = new() { GuidanceRescale = 0.7, GuidanceParallel = 0.25, DynamicThreshold = 0.995 }, guided = new() { Classifier = new(Bench.Guide, 1, 1.5) };
        Assert.Equal([held, guided, guided], orders.Select(o => o.Steering));

        string[] names = ["guidanceRescale", "guidanceParallel", "dynamicThreshold", "guidingClassifier", "guidingClassifierSha256", "classifierScale"];
        var told = bench.Store.Results(Bench.Model, 1).Results.Select(r => names.Select(n => r.Settings.GetValueOrDefault(n)).ToArray()).ToArray();
        var weights = bench.Store.Find(Bench.Guide)!.Manifest.Files["model.safetensors"].Sha256;
        Assert.Equal<IEnumerable<string?>>(["0.7", "0.25", "0.995", null, null, null], told[0]);
        Assert.Equal<IEnumerable<string?>>([null, null, null, "tiny-guide@1", weights, "1.5"], told[1]);
    }

    [Fact]
    public async Task Evaluation_OfTheBoundAlone_DrawsNothing()
    {
        using var host = bench.Host((_, _) => throw new InvalidOperationException("Nothing is drawn here."));
        await host.StartAsync();
        var record = await Bench.UntilOver(host, Bench.Submit(host, """
            { "model": "tiny-model", "samples": 5, "seed": 3, "samplers": [{ "sampler": "ddpm", "steps": [2, 100] }], "metrics": ["nll"] }
            """).Id);
        await host.StopAsync();
        Assert.Equal((EvaluationState.Succeeded, null), (record.State, record.Error));
        var results = bench.Store.Results(Bench.Model, 1).Results;
        Assert.Equal(["nll.large", "nll.large.error", "nll.prior", "nll.small", "nll.small.error"], results[1].Metrics.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("5", "own", "100"), (results[1].Settings["nllImages"], results[1].Settings["nllLabels"], results[1].Settings["steps"]));

        // by the measure itself
        using var denoiser = Networks.Denoiser.Load(bench.Store.Find(Bench.Model)!, TorchSharp.torch.CPU);
        using var images = TinySet.Open(bench.DataFolder, "test");
        var sampler = Samplers.SamplerCatalog.Find("ddpm")!;
        var table = sampler.Compile(denoiser.Manifest.Traits, new Samplers.SamplingOptions(sampler, 100));
        Assert.Equal(new BitsPerDim(denoiser.Network, denoiser.Manifest.Traits, TorchSharp.torch.CPU).Measure(new BoundRequest(table, 5, 3), images, CancellationToken.None), results[1].Metrics);
    }

    /// <summary>By the published approximation of the mass: that is measured after a restart too, and told beside the figures.</summary>
    [Fact]
    public async Task Evaluation_OfTheBoundByTanh_IsThatAndSaysSo()
    {
        string id;
        using (var first = bench.Host((_, _) => throw new InvalidOperationException()))
            id = Bench.Submit(first, """{ "model": "tiny-model", "samples": 5, "samplers": [{ "sampler": "ddpm", "steps": [3] }], "metrics": ["nll"], "nllCdf": "tanh" }""").Id;
        using var host = bench.Host((_, _) => throw new InvalidOperationException("Nothing is drawn here."));
        await host.StartAsync();
        var (tanh, exact) = (await Bench.UntilOver(host, id), await Bench.UntilOver(host, Bench.Submit(host, """
            { "model": "tiny-model", "samples": 5, "samplers": [{ "sampler": "ddpm", "steps": [3] }], "metrics": ["nll"] }
            """).Id));
        await host.StopAsync();
        Assert.Equal(("tanh", "exact"), (tanh.Points[0].Settings!["nllCdf"], exact.Points[0].Settings!["nllCdf"]));
        Assert.NotEqual(tanh.Points[0].Metrics!["nll.small"], exact.Points[0].Metrics!["nll.small"]);
        using var denoiser = Networks.Denoiser.Load(bench.Store.Find(Bench.Model)!, TorchSharp.torch.CPU);
        using var images = TinySet.Open(bench.DataFolder, "test");
        var sampler = Samplers.SamplerCatalog.Find("ddpm")!;
        var table = sampler.Compile(denoiser.Manifest.Traits, new Samplers.SamplingOptions(sampler, 3));
        Assert.Equal(new BitsPerDim(denoiser.Network, denoiser.Manifest.Traits, TorchSharp.torch.CPU).Measure(new BoundRequest(table, 5, 0, Noise.NormalCdf.Tanh), images, CancellationToken.None), tanh.Points[0].Metrics);
    }

    [Fact]
    public async Task Evaluation_OfTheFlowAlone_DrawsNothing()
    {
        using var host = bench.Host((_, _) => throw new InvalidOperationException("Nothing is drawn here."));
        await host.StartAsync();
        var record = await Bench.UntilOver(host, Bench.Submit(host, """{ "model": "tiny-gentle", "samples": 2, "seed": 3, "metrics": ["nll.ode"] }""").Id);
        await host.StopAsync();
        Assert.Equal((EvaluationState.Succeeded, null), (record.State, record.Error));
        using var denoiser = Networks.Denoiser.Load(bench.Store.Find(Bench.Gentle)!, TorchSharp.torch.CPU);
        using var images = TinySet.Open(bench.DataFolder, "test");
        Assert.Equal(FlowLikelihood.Of(denoiser).Measure(images, 2, 3, CancellationToken.None), Assert.Single(record.Points).Metrics);
        Assert.Equal(("2", "own"), (record.Points[0].Settings!["nllImages"], record.Points[0].Settings!["nllLabels"]));
    }

    [Fact]
    public async Task Evaluation_OfTheBoundAndPictures_HasBoth()
    {
        using var host = bench.Host((order, _) => Task.FromResult(Bench.Noise(order)));
        await host.StartAsync();
        var record = await Bench.UntilOver(host, Bench.Submit(host, """
            { "model": "tiny-plain", "samples": 5, "samplers": [{ "sampler": "ddpm", "steps": [2] }], "metrics": ["nll", "nearest-image"] }
            """).Id);
        await host.StopAsync();
        Assert.Equal((EvaluationState.Succeeded, null), (record.State, record.Error));
        Assert.True(record.Points[0].Metrics!.ContainsKey("nll.small") && record.Points[0].Metrics!.ContainsKey("nearest-image"));
        Assert.False(record.Points[0].Settings!.ContainsKey("nllLabels"));
    }

    [Fact]
    public async Task Evaluation_StoppedInTheMiddle_GoesOnWithThePicturesItHas()
    {
        var asked = new List<int>();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        string id;
        using (var first = bench.Host(async (order, stop) =>
        {
            if (order is { Steps: 3, First: 8 })
            {
                reached.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, stop);
            }
            return Bench.Noise(order);
        }))
        {
            await first.StartAsync();
            id = Bench.Submit(first, Two).Id;
            await reached.Task.WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Equal((8, 1), (Bench.QueueOf(first).Pictures(id), Bench.QueueOf(first).Find(id)!.Done));
            Assert.Equal((Bench.Model, 1), Assert.Single(Bench.QueueOf(first).Needed().Select(n => (n.Model, n.Version))));
            await first.StopAsync();
        }
        using var second = bench.Host((order, _) =>
        {
            asked.Add(order.First);
            return Task.FromResult(Bench.Noise(order));
        });
        Assert.Equal(EvaluationState.Running, Bench.QueueOf(second).Find(id)!.State);
        await second.StartAsync();
        var record = await Bench.UntilOver(second, id);
        await second.StopAsync();

        Assert.Equal(EvaluationState.Succeeded, record.State);
        Assert.Equal([8], asked);
        Assert.Equal(2, bench.Store.Results(Bench.Model, 1).Results.Count);
        Assert.Equal(record.Points[0].Metrics, record.Points[1].Metrics);
    }

    [Fact]
    public async Task Evaluation_KilledBetweenFiguresAndVersion_AttachesThemOnce()
    {
        using var host = bench.Host((order, _) => Task.FromResult(Bench.Noise(order)));
        var queue = Bench.QueueOf(host);
        var id = Bench.Submit(host, Two).Id;
        using (var active = await queue.TakeAsync(CancellationToken.None))
        {
            // as if the service had died here
            queue.Note(id, 0, new Dictionary<string, double> { ["frechet"] = 1.5 }, new Dictionary<string, string> { ["sampler"] = "ddim" });
            queue.Leave(active, null);
        }
        await host.StartAsync();
        var record = await Bench.UntilOver(host, id);
        await host.StopAsync();
        Assert.Equal((EvaluationState.Succeeded, 1.5), (record.State, record.Points[0].Metrics!["frechet"]));
        Assert.Equal([1.5, record.Points[1].Metrics!["frechet"]], bench.Store.Results(Bench.Model, 1).Results.Select(r => r.Metrics["frechet"]));
    }

    [Fact]
    public async Task Cancel_RunningAndWaiting_EndsThem()
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var host = bench.Host(async (_, stop) =>
        {
            reached.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, stop);
            return [];
        });
        await host.StartAsync();
        var (running, waiting) = (Bench.Submit(host, Two).Id, Bench.Submit(host, Two).Id);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(60));
        var queue = Bench.QueueOf(host);
        Assert.Equal(EvaluationState.Queued, queue.Find(waiting)!.State);
        queue.Cancel(waiting);
        queue.Cancel(running);
        await Bench.UntilOver(host, running);
        Assert.Equal((EvaluationState.Cancelled, EvaluationState.Cancelled), (queue.Find(running)!.State, queue.Find(waiting)!.State));
        Assert.Throws<EvaluationConflictException>(() => queue.Cancel(running));
        Assert.Null(queue.Cancel("nobody"));
        await host.StopAsync();
    }

    [Fact]
    public async Task Evaluation_ThatFails_SaysWhy_AndTheNextOneRuns()
    {
        using var host = bench.Host((order, _) => order.Seed == 1 ? throw new EvaluationException("The engine is out of paint.") : Task.FromResult(Bench.Noise(order)));
        await host.StartAsync();
        var bad = Bench.Submit(host, Two.Replace("\"seed\": 3", "\"seed\": 1", StringComparison.Ordinal)).Id;
        var good = Bench.Submit(host, Two).Id;
        var failed = await Bench.UntilOver(host, bad);
        Assert.Equal((EvaluationState.Failed, "The engine is out of paint."), (failed.State, failed.Error));
        Assert.Equal(EvaluationState.Succeeded, (await Bench.UntilOver(host, good)).State);
        await host.StopAsync();
    }

    [Fact]
    public void Submit_MoreThanMayWait_IsRefused()
    {
        using var host = bench.Host((_, _) => throw new InvalidOperationException(), ("Evaluation:QueueLength", "2"));
        Bench.Submit(host, Two);
        Bench.Submit(host, Two);
        Assert.Throws<EvaluationQueueFullException>(() => Bench.Submit(host, Two));
    }

    [Fact]
    public async Task Evaluation_WithADetector_TellsItsCalibration()
    {
        using var host = bench.Host((order, _) => Task.FromResult(Bench.Noise(order)), ("Evaluation:Detector", Repository.Path("tests", "fixtures", "torch", "detector.pt")));
        await host.StartAsync();
        var record = await Bench.UntilOver(host, Bench.Submit(host, """{ "model": "tiny-model", "samples": 8, "metrics": ["detection"] }""").Id);
        await host.StopAsync();
        // every real picture has a bright half, noise has none
        Assert.Equal((0.0, 1.0, 0.0), (record.Points[0].Metrics!["detection-rate"], record.Points[0].Metrics!["detection-rate.real"], record.Points[0].Metrics!["detection-rate.noise"]));
    }

    [Fact]
    public async Task AddEvaluation_AFileThatIsNotThere_IsRefusedAtStart()
    {
        using var host = bench.Host((_, _) => throw new InvalidOperationException(), ("Evaluation:FeatureNetwork", "absent.pt"));
        await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
    }

    private (double Distance, double Floor) Expected()
    {
        using var classifier = ClassifierFeatures.Load(bench.ModelsFolder, Bench.Classifier, TorchSharp.torch.CPU);
        using ImageSet test = TinySet.Open(bench.DataFolder, "test"), train = TinySet.Open(bench.DataFolder);
        var samples = ImageSource.Of(Bench.Noise(new SampleOrder("", 1, "", 1, new Dictionary<string, string>(), 1, 3, 0, [], 10)), 1, TinySet.Side);
        var real = Fit(ImageSource.Of(test));
        // the floor has as many training images; their labels take turns as they stand
        return (Fit(samples).FrechetDistance(real), Fit(ImageSource.Of(train, [.. Enumerable.Range(0, 10)])).FrechetDistance(real));

        GaussianFit Fit(ImageSource of)
        {
            var seen = classifier.Features(of, CancellationToken.None);
            return new GaussianFit(seen.Values, seen.Width);
        }
    }
}
