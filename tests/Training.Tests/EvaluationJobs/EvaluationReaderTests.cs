using Diffusion.Noise;
using Diffusion.Training.Evaluation;
using Diffusion.Training.EvaluationJobs;
using Diffusion.Training.Jobs;
using Diffusion.Testing;
using Microsoft.Extensions.Hosting;

namespace Diffusion.Training.Tests.EvaluationJobs;

public sealed class EvaluationReaderTests : IDisposable
{
    private readonly Bench bench = new();
    private readonly IHost host;

    public EvaluationReaderTests() => host = bench.Host((_, _) => throw new InvalidOperationException("Nothing is drawn here."));

    public void Dispose()
    {
        host.Dispose();
        bench.Dispose();
    }

    [Fact]
    public void Read_OnlyAModel_TakesItsDefaults()
    {
        var record = Bench.Submit(host, """{ "model": "tiny-model" }""");
        Assert.Equal(("tiny-model", 1, "tiny", "test", 1000, 0ul, "classifier", "tiny-classifier"),
            (record.Plan.Model, record.Plan.Version, record.Plan.Data, record.Plan.Split, record.Plan.Samples, record.Plan.Seed, record.Plan.Features, record.Plan.Classifier));
        var point = Assert.Single(record.Points);
        Assert.Equal(("ddim", 2, 1.0), (point.Sampler, point.Steps, point.Guidance));
        // no detector is set, and likelihoods are only measured when they are asked for
        Assert.Equal(MetricNames.All.Where(m => m is not (MetricNames.Detection or MetricNames.Nll or MetricNames.FlowNll)), record.Plan.Metrics);
    }

    [Fact]
    public void Read_SamplersAtStepCounts_AreOnePointEach()
    {
        var record = Bench.Submit(host, """
            { "model": "tiny-model", "version": 1, "samples": 8, "seed": 5, "metrics": ["frechet"], "classifier": "tiny-classifier",
              "samplers": [{ "sampler": "ddim", "steps": [2, 4, 2], "options": { "eta": "0.5" } }, { "sampler": "ddpm", "steps": [3], "guidance": 2 }] }
            """);
        Assert.Equal([("ddim", 2, 1.0), ("ddim", 4, 1.0), ("ddpm", 3, 2.0)], record.Points.Select(p => (p.Sampler, p.Steps, p.Guidance)));
        Assert.Equal("0.5", record.Points[0].Options["eta"]);
    }

    [Fact]
    public void Read_WhatSteersThePictures_IsOfEachPoint()
    {
        TinyModels.PublishClassifier(bench.Store, Bench.Guide, TinyModels.Network(classes: 2), seed: 6);
        var points = Bench.Submit(host, """
            { "model": "tiny-model", "metrics": ["frechet"], "samplers": [
              { "sampler": "ddim", "steps": [2, 4], "guidance": 3, "guidanceRescale": 0.7, "guidanceParallel": 0, "dynamicThreshold": 0.995 },
              { "sampler": "ddim", "steps": [2], "guidance": 0, "guidingClassifier": "tiny-guide@1", "classifierScale": 20 },
              { "sampler": "ddpm", "steps": [2], "dynamicThreshold": 1, "guidingClassifier": "tiny-guide" },
              { "sampler": "dpmpp-2m", "steps": [2], "guidanceRescale": 0, "guidanceParallel": 1 }] }
            """).Points;
        var held = new Steering { GuidanceRescale = 0.7, GuidanceParallel = 0, DynamicThreshold = 0.995 };
        Assert.Equal(
            [held, held, new Steering { Classifier = new(Bench.Guide, 1, 20) }, new Steering { DynamicThreshold = 1, Classifier = new(Bench.Guide, 2, 1) }, Steering.None],
            points.Select(p => p.Steering));
    }

    /// <summary>What is not a share or not a scale, and what can do nothing with this sampler, this model or this guidance.</summary>
    [Theory]
    [InlineData("tiny-model", """ "guidance": 2, "guidanceRescale": 1.1, "guidanceParallel": -0.1, "dynamicThreshold": 2 """, "guidanceRescale", "guidanceParallel", "dynamicThreshold")]
    [InlineData("tiny-model", """ "guidance": 2, "guidanceRescale": "0.7" """, "guidanceRescale")]
    [InlineData("tiny-model", """ "guidanceRescale": 0.7, "guidanceParallel": 0 """, "guidanceRescale", "guidanceParallel")]
    [InlineData("tiny-model", """ "guidance": 0, "guidanceRescale": 0.7 """, "guidanceRescale")]
    [InlineData("tiny-model", """ "guidance": 21, "guidanceRescale": 0.7 """, "guidance")]
    [InlineData("tiny-model", """ "classifierScale": 2 """, "classifierScale")]
    [InlineData("tiny-model", """ "guidingClassifier": "tiny-guide", "classifierScale": 21 """, "classifierScale")]
    [InlineData("tiny-model", """ "guidingClassifier": "nobody" """, "guidingClassifier")]
    [InlineData("tiny-model", """ "guidingClassifier": "tiny-guide@2" """, "guidingClassifier")]
    [InlineData("tiny-model", """ "guidingClassifier": "../tiny-guide" """, "guidingClassifier")]
    [InlineData("tiny-model", """ "guidingClassifier": "tiny-model" """, "guidingClassifier")]
    [InlineData("tiny-model", """ "guidingClassifier": "tiny-classifier" """, "guidingClassifier")]
    [InlineData("tiny-model", """ "guidingClassifier": 3 """, "guidingClassifier")]
    [InlineData("tiny-gentle", """ "guidingClassifier": "tiny-guide" """, "guidingClassifier")]
    [InlineData("tiny-plain", """ "guidingClassifier": "tiny-guide" """, "guidingClassifier")]
    public void Read_SteeringThatCannotBe_NamesIt(string model, string fields, params string[] wrong) =>
        Refuses($$"""{ "model": "{{model}}", "samplers": [{ "sampler": "ddim", "steps": [2], {{fields}} }] }""", [.. wrong.Select(f => $"samplers[0].{f}")]);

    [Theory]
    [InlineData("nll", """ "dynamicThreshold": 0.995 """)]
    [InlineData("nll", """ "guidingClassifier": "tiny-guide" """)]
    [InlineData("nll.ode", """ "guidingClassifier": "tiny-guide" """)]
    public void Read_LikelihoodOfWhatIsSteered_IsRefused(string metric, string field) =>
        Refuses($$"""{ "model": "tiny-model", "metrics": ["{{metric}}"], "samplers": [{ "sampler": "ddpm", "steps": [2], {{field}} }] }""", "metrics");

    [Fact]
    public void Read_SamplerThatTakesNoClassifier_IsSaidSo()
    {
        TinyModels.Publish(bench.Store, "tiny-memory", TinyModels.Network(classes: 2, memory: true));
        Refuses("""{ "model": "tiny-memory", "data": "tiny", "samplers": [{ "sampler": "dddm", "steps": [2], "guidingClassifier": "tiny-guide" }] }""", "samplers[0].guidingClassifier");
    }

    [Theory]
    [InlineData("", NormalCdf.Exact)]
    [InlineData(""", "nllCdf": "exact" """, NormalCdf.Exact)]
    [InlineData(""", "nllCdf": "tanh" """, NormalCdf.Tanh)]
    public void Read_TheFormOfTheMass_IsThatOfThePlan(string field, NormalCdf cdf) =>
        Assert.Equal(cdf, Bench.Submit(host, $$"""{ "model": "tiny-model", "metrics": ["nll"] {{field}} }""").Plan.NllCdf);

    [Fact]
    public void Read_OnlyTheBound_IsOfEveryStep()
    {
        var point = Assert.Single(Bench.Submit(host, """{ "model": "tiny-model", "metrics": ["nll"] }""").Points);
        Assert.Equal(("ddpm", 100, 1.0), (point.Sampler, point.Steps, point.Guidance));
    }

    [Fact]
    public void Read_UnlabelledModel_HasNoLabelAccuracyAndNoGuidance()
    {
        Assert.DoesNotContain(MetricNames.LabelAccuracy, Bench.Submit(host, """{ "model": "tiny-plain" }""").Plan.Metrics);
        Refuses("""{ "model": "tiny-plain", "metrics": ["label-accuracy"] }""", "metrics");
        Refuses("""{ "model": "tiny-plain", "samplers": [{ "sampler": "ddim", "steps": [2], "guidance": 2 }] }""", "samplers[0].guidance");
    }

    [Theory]
    [InlineData("""[]""", "model")]
    [InlineData("""{}""", "model")]
    [InlineData("""{ "model": "Nobody" }""", "model")]
    [InlineData("""{ "model": "nobody" }""", "model")]
    [InlineData("""{ "model": "tiny-model", "version": 7 }""", "version")]
    [InlineData("""{ "model": "tiny-model", "version": [1] }""", "version")]
    [InlineData("""{ "model": "tiny-model", "samples": 1, "seed": -1, "colour": 3 }""", "samples", "seed", "colour")]
    [InlineData("""{ "model": "tiny-model", "metrics": ["fid"] }""", "metrics")]
    [InlineData("""{ "model": "tiny-model", "metrics": ["detection"] }""", "metrics")]
    [InlineData("""{ "model": "tiny-model", "metrics": ["nll"], "nllCdf": "erf" }""", "nllCdf")]
    [InlineData("""{ "model": "tiny-model", "metrics": ["frechet"], "nllCdf": "tanh" }""", "nllCdf")]
    [InlineData("""{ "model": "tiny-model", "metrics": ["nll"], "samplers": [{ "sampler": "ddim", "steps": [2] }] }""", "metrics")]
    [InlineData("""{ "model": "tiny-model", "metrics": ["nll"], "samplers": [{ "sampler": "ddpm", "steps": [2], "guidance": 2 }] }""", "metrics")]
    [InlineData("""{ "model": "tiny-model", "metrics": ["nll.ode"], "samplers": [{ "sampler": "ddim", "steps": [2, 3] }] }""", "metrics")]
    [InlineData("""{ "model": "tiny-model", "metrics": ["nll.ode"], "samplers": [{ "sampler": "ddim", "steps": [2], "guidance": 2 }] }""", "metrics")]
    [InlineData("""{ "model": "tiny-model", "metrics": ["nll"], "samplers": [{ "sampler": "ddpm", "steps": [2], "options": { "variance": "learned" } }] }""", "samplers[0].options")]
    [InlineData("""{ "model": "tiny-model", "data": "absent" }""", "data")]
    [InlineData("""{ "model": "tiny-model", "split": "validation" }""", "split")]
    [InlineData("""{ "model": "tiny-model", "features": "network" }""", "features")]
    [InlineData("""{ "model": "tiny-model", "classifier": "nobody" }""", "classifier")]
    [InlineData("""{ "model": "tiny-model", "samplers": [] }""", "samplers")]
    [InlineData("""{ "model": "tiny-model", "samplers": [3] }""", "samplers")]
    [InlineData("""{ "model": "tiny-model", "samplers": [{ "sampler": "none-such", "steps": [1] }] }""", "samplers[0].sampler")]
    [InlineData("""{ "model": "tiny-model", "samplers": [{ "sampler": "dddm", "steps": [1] }] }""", "samplers[0].sampler")]
    [InlineData("""{ "model": "tiny-model", "samplers": [{ "sampler": "ddim", "steps": [2] }, { "sampler": "ddim", "steps": [2000] }] }""", "samplers[1].steps")]
    [InlineData("""{ "model": "tiny-model", "samplers": [{ "sampler": "ddim", "steps": [] }] }""", "samplers[0].steps")]
    [InlineData("""{ "model": "tiny-model", "samplers": [{ "sampler": "ddim", "steps": [999] }] }""", "samplers[0].steps")]
    [InlineData("""{ "model": "tiny-model", "samplers": [{ "sampler": "ddim", "steps": [2], "options": { "eta": "2" } }] }""", "samplers[0].options")]
    [InlineData("""{ "model": "tiny-model", "samplers": [{ "sampler": "ddim", "steps": [2], "options": { "size": "2" }, "guidance": 21 }] }""", "samplers[0].options", "samplers[0].guidance")]
    public void Read_WrongFields_NamesThem(string request, params string[] fields) => Refuses(request, fields);

    [Fact]
    public void Read_ClassifierOfOtherImages_IsNotTakenByItself()
    {
        File.WriteAllText(Path.Combine(bench.ModelsFolder, Bench.Classifier, "report.json"), """{ "data": "others" }""");
        Assert.Equal([MetricNames.NearestImage], Bench.Submit(host, """{ "model": "tiny-model" }""").Plan.Metrics);
        Refuses("""{ "model": "tiny-model", "metrics": ["frechet"] }""", "metrics");
        Assert.Equal("tiny-classifier", Bench.Submit(host, """{ "model": "tiny-model", "classifier": "tiny-classifier", "metrics": ["frechet"] }""").Plan.Classifier);
    }

    [Fact]
    public void Read_WithAFeatureNetwork_MeasuresInIt()
    {
        using var other = bench.Host((_, _) => throw new InvalidOperationException(), ("Evaluation:FeatureNetwork", Repository.Path("tests", "fixtures", "torch", "features.pt")));
        Assert.Equal("network", Bench.Submit(other, """{ "model": "tiny-model" }""").Plan.Features);
        Assert.Equal("classifier", Bench.Submit(other, """{ "model": "tiny-model", "features": "classifier" }""").Plan.Features);
    }

    private void Refuses(string request, params string[] fields)
    {
        var wrong = Assert.Throws<TrainingJobException>(() => Bench.Submit(host, request));
        Assert.Equal(fields.Order(), wrong.Problems.Select(p => p[..p.IndexOf(": ", StringComparison.Ordinal)]).Distinct().Order());
    }
}
