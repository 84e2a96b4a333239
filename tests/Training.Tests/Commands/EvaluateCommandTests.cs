using Diffusion.Testing;
using Diffusion.Training.Commands;
using Diffusion.Training.Tests.EvaluationJobs;

namespace Diffusion.Training.Tests.Commands;

public sealed class EvaluateCommandTests : IDisposable
{
    private readonly Bench bench = new();

    public void Dispose() => bench.Dispose();

    /// <summary>What could do nothing, or would be taken for something else, is refused before anything is measured.</summary>
    [Theory]
    [InlineData("--guidance-rescale", "--guidance-rescale", "0.7")]
    [InlineData("--guidance-parallel", "--guidance-parallel", "0")]
    [InlineData("--guidance-rescale", "--guidance", "2", "--guidance-rescale", "7")]
    [InlineData("--dynamic-threshold", "--dynamic-threshold", "2")]
    [InlineData("--metrics: nll", "--sampler", "ddpm", "--metrics", "nll", "--dynamic-threshold", "0.9")]
    [InlineData("--metrics: nll", "--sampler", "ddpm", "--metrics", "nll", "--guiding-classifier", "tiny-guide", "--classifier-scale", "2")]
    [InlineData("--metrics: nll.ode", "--metrics", "nll.ode", "--guiding-classifier", "tiny-guide", "--classifier-scale", "2")]
    [InlineData("--nll-cdf", "--nll-cdf", "tanh")]
    [InlineData("--nll-cdf", "--sampler", "ddpm", "--metrics", "nll", "--nll-cdf", "erf")]
    [InlineData("--classifier-scale", "--classifier-scale", "2")]
    [InlineData("--guiding-classifier", "--guiding-classifier", "nobody")]
    [InlineData("--guiding-classifier", "--guiding-classifier", "tiny-model@1")]
    [InlineData("--guiding-classifier", "--guiding-classifier", "other-schedule")]
    [InlineData("--guiding-classifier", "--guiding-classifier", "tiny-guide", "--sampler", "dddm")]
    public async Task Evaluate_WhatCannotBe_IsNamed(string option, params string[] args)
    {
        TinyModels.PublishClassifier(bench.Store, "other-schedule", TinyModels.Network(classes: 2), describe: m => m with { Schedule = m.Schedule with { Steps = 7 } });
        var wrong = await Assert.ThrowsAsync<CommandException>(() => Run(Bench.Model, args));
        Assert.StartsWith(option, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_OfAModelWithoutLabels_TakesNoClassifier() =>
        Assert.Contains("needs a model with labels", (await Assert.ThrowsAsync<CommandException>(() => Run(Bench.Plain, ["--guiding-classifier", "tiny-guide"]))).Message, StringComparison.Ordinal);

    /// <summary>The line of a measurement says all that steered its pictures.</summary>
    [Fact]
    public async Task Evaluate_Steered_TellsWhatSteered()
    {
        using var folder = new TemporaryFolder();
        var lines = folder["out.ndjson"];
        Assert.Equal(0, await Run(Bench.Model, ["--classifier", Bench.Classifier, "--samples", "4", "--steps", "2", "--metrics", "label-accuracy", "--guidance", "3", "--guidance-rescale", "0.7", "--guidance-parallel", "0.25",
            "--dynamic-threshold", "0.9", "--guiding-classifier", "tiny-guide@1", "--classifier-scale", "2", "--out", lines]));
        using var row = System.Text.Json.JsonDocument.Parse(Assert.Single(await File.ReadAllLinesAsync(lines)));
        double Number(string name) => row.RootElement.GetProperty(name).GetDouble();
        Assert.Equal((3, 0.7, 0.25, 0.9, 2), (Number("guidance"), Number("guidanceRescale"), Number("guidanceParallel"), Number("dynamicThreshold"), Number("classifierScale")));
        Assert.Equal("tiny-guide@1", row.RootElement.GetProperty("guidingClassifier").GetString());
    }

    [Theory]
    [InlineData("tanh")]
    [InlineData("exact")]
    public async Task Evaluate_TheBound_TellsTheFormOfItsMass(string form)
    {
        using var folder = new TemporaryFolder();
        var lines = folder["out.ndjson"];
        foreach (var asked in new[] { form, "exact" })
            Assert.Equal(0, await Run(Bench.Model, ["--sampler", "ddpm", "--samples", "3", "--steps", "2", "--metrics", "nll", "--nll-cdf", asked, "--out", lines]));
        var rows = (await File.ReadAllLinesAsync(lines)).Select(l => System.Text.Json.JsonDocument.Parse(l).RootElement).ToArray();
        Assert.Equal(form, rows[0].GetProperty("nllCdf").GetString());
        Assert.Equal(form == "exact", rows[0].GetProperty("metrics").GetProperty("nll.small").GetDouble() == rows[1].GetProperty("metrics").GetProperty("nll.small").GetDouble());
    }

    private Task<int> Run(string model, string[] args) => EvaluateCommand.RunAsync(
        new CommandArguments(["--model", model, .. args]), new TrainingOptions { Models = bench.ModelsFolder, Data = bench.DataFolder, State = bench.StateFolder, Device = "cpu", Threads = 1 }, CancellationToken.None);
}
