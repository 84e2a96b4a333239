using System.Text;
using Diffusion.Samplers;
using Diffusion.Testing;
using Diffusion.Training.Jobs;

namespace Diffusion.Training.Tests.Jobs;

public sealed class TrainingJobReaderTests
{
    public static TheoryData<string> Shipped => [.. Directory.GetFiles(Path.Combine(Repository.Root, "models", "jobs"), "*.json").Select(f => Path.GetFileName(f)!)];

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Read_ShippedJob_IsGood(string file) =>
        Assert.NotNull(TrainingJobReader.Read(File.ReadAllBytes(Path.Combine(Repository.Root, "models", "jobs", file))));

    [Fact]
    public void Read_Ddpm_TakesTheDefaultsOfTheObjective()
    {
        var job = TinyJob.Read(TinyJob.Ddpm);
        Assert.Equal((Prediction.Epsilon, DistanceSettings.Mse, false), (job.Objective.Prediction, job.Objective.Loss.Kind, job.Network.Memory));
        Assert.Equal(36, job.Images);
    }

    [Fact]
    public void Read_Dddm_TakesTheDefaultsOfTheObjective()
    {
        var job = TinyJob.Read(""" "kind": "dddm" """);
        Assert.Equal((Prediction.Residual, DistanceSettings.PseudoHuber, true), (job.Objective.Prediction, job.Objective.Loss.Kind, job.Network.Memory));
        Assert.Equal((0, null, MemoryStorage.UInt8), (job.Objective.MemoryRefresh, job.Objective.Consistency, job.Objective.MemoryStorage));
    }

    [Fact]
    public void Read_ManyWrongFields_NamesThemAllAtOnce()
    {
        var problems = Problems("""
            { "name": "No Good", "objective": { "kind": "dddm", "memoryRefresh": 2, "prediction": "epsilon" }, "schedule": { "name": "square", "steps": 1 },
              "network": { "imageSize": 32, "channels": "one", "modelChannels": 32, "channelMultipliers": [1, 0] },
              "data": "mnist-32", "batch": 0, "images": 1, "steps": 2, "optimizer": { "learningRate": -1, "momentum": 0.9 }, "sample": 3,
              "sampling": { "sampler": "ddim", "steps": 0, "options": { "eta": "5" } } }
            """);
        string[] expected =
        [
            "name:", "model:", "objective.memoryRefresh:", "objective.prediction:", "schedule.name:", "schedule.steps:", "network.channels:",
            "network.channelMultipliers:", "batch:", "images:", "optimizer.learningRate:", "optimizer.momentum:", "sample:", "sampling.steps:", "sampling.options:",
        ];
        foreach (var field in expected) Assert.Single(problems, p => p.StartsWith(field, StringComparison.Ordinal));
        Assert.Equal(expected.Length, problems.Count);
    }

    [Fact]
    public void Read_UnknownField_IsRefusedWithTheKnownOnes() =>
        Assert.Contains("warmup", Assert.Single(Problems(Encoding.UTF8.GetString(TinyJob.File(TinyJob.Ddpm)).Replace("\"finalShare\"", "\"lastShare\"", StringComparison.Ordinal))), StringComparison.Ordinal);

    [Fact]
    public void Read_AttentionToAMemoryThatThereIsNot_IsRefused()
    {
        var job = Encoding.UTF8.GetString(TinyJob.File(TinyJob.Ddpm)).Replace("\"classes\": 2,", "\"classes\": 2, \"memoryAttention\": true,", StringComparison.Ordinal);
        Assert.Contains("network.memoryAttention: needs a network with a memory", Assert.Single(Problems(job)), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Read_MemoryFieldsOfDdpm_AreRefused() =>
        Assert.Contains("memoryRefresh", Assert.Single(Problems(Encoding.UTF8.GetString(TinyJob.File(""" "kind": "ddpm", "memoryRefresh": 0.5 """)))), StringComparison.Ordinal);

    [Fact]
    public void Read_Distilled_TakesItsFields()
    {
        var job = TinyJob.Read(TinyJob.Distilled);
        Assert.Equal((MemorySource.Own, LossWeighting.None), (job.Objective.MemorySource, job.Objective.Loss.Weighting));
        var walk = job.Objective.WalkTarget!;
        Assert.Equal(("teacher", TrainingJobReader.NewestVersion, 2, 0.7), (walk.Teacher.Model, walk.Teacher.Version, walk.Substeps, walk.Share));
        Assert.Equal([4, 2], walk.Evaluations);
        Assert.Equal(LossWeighting.SnrPlusOne, TinyJob.Read(TinyJob.SelfConditioned).Objective.Loss.Weighting);
    }

    [Theory]
    [InlineData(""" "kind": "ddpm", "memorySource": "own" """, "objective.memorySource: belongs")]
    [InlineData(""" "kind": "ddpm", "variance": "guessed" """, "objective.variance: must be one of fixed, learned")]
    [InlineData(""" "kind": "ddpm", "bound": "hybrid" """, "objective.bound: needs variance learned")]
    [InlineData(""" "kind": "ddpm", "boundCdf": "exact" """, "objective.boundCdf: needs variance learned")]
    [InlineData(""" "kind": "ddpm", "variance": "learned", "boundCdf": "erf" """, "objective.boundCdf: must be one of exact, tanh")]
    [InlineData(""" "kind": "ddpm", "variance": "learned", "bound": "elbo" """, "objective.bound: must be one of hybrid, vlb")]
    [InlineData(""" "kind": "ddpm", "variance": "learned", "bound": "vlb", "loss": { "kind": "mse" } """, "objective.loss: belongs to L_simple")]
    [InlineData(""" "kind": "dddm", "variance": "learned" """, "objective.variance: belongs to the ddpm objective")]
    [InlineData(""" "kind": "ddpm", "walkTarget": { "model": "teacher", "evaluations": [4] } """, "objective.walkTarget: belongs")]
    [InlineData(""" "kind": "ddpm", "loss": { "weighting": "snr+1" } """, "objective.loss.weighting: snr+1 belongs")]
    [InlineData(""" "kind": "dddm", "loss": { "weighting": "snr" } """, "objective.loss.weighting: must be one of none, min-snr, snr+1, truncated-snr")]
    [InlineData(""" "kind": "ddpm", "loss": { "gamma": 3 } """, "objective.loss.gamma: needs weighting min-snr")]
    [InlineData(""" "kind": "dddm", "memoryStorage": "float64" """, "objective.memoryStorage: must be one of uint8, float16, float32")]
    [InlineData(""" "kind": "dddm", "memorySource": "mine" """, "objective.memorySource: must be one of stored, own")]
    [InlineData(""" "kind": "dddm", "memorySource": "own", "memoryStorage": "uint8" """, "objective.memoryStorage: needs")]
    [InlineData(""" "kind": "dddm", "walkTarget": { "evaluations": [4] } """, "objective.walkTarget.model: is missing")]
    [InlineData(""" "kind": "dddm", "walkTarget": { "model": "teacher" } """, "objective.walkTarget.evaluations: is missing")]
    [InlineData(""" "kind": "dddm", "walkTarget": { "model": "teacher", "evaluations": [] } """, "objective.walkTarget.evaluations: must name")]
    [InlineData(""" "kind": "dddm", "walkTarget": { "model": "teacher", "evaluations": [4], "substeps": 1 } """, "objective.walkTarget.substeps: must be")]
    [InlineData(""" "kind": "dddm", "walkTarget": { "model": "teacher", "evaluations": [2, 8], "substeps": 3 } """, "objective.walkTarget.substeps: times the evaluations")]
    [InlineData(""" "kind": "dddm", "walkTarget": { "model": "teacher", "evaluations": [4], "guidance": -1 } """, "objective.walkTarget.guidance: must be")]
    [InlineData(""" "kind": "dddm", "walkTarget": { "model": "teacher", "evaluations": [4], "share": 2 } """, "objective.walkTarget.share: must be")]
    [InlineData(""" "kind": "dddm", "consistency": {}, "walkTarget": { "model": "teacher", "evaluations": [4] } """, "objective.walkTarget: cannot be combined")]
    [InlineData(""" "kind": "ddpm", "loss": { "kind": "pseudo-lpips" } """, "objective.loss.kind: pseudo-lpips compares images")]
    [InlineData(""" "kind": "dddm", "loss": { "kind": "lpips" } """, "objective.loss.kind: must be one of mse, pseudo-huber, pseudo-lpips")]
    [InlineData(""" "kind": "dddm", "loss": { "form": "squared" } """, "objective.loss.form: belongs to pseudo-lpips")]
    [InlineData(""" "kind": "dddm", "loss": { "resize": 64 } """, "objective.loss.resize: belongs to pseudo-lpips")]
    [InlineData(""" "kind": "dddm", "loss": { "kind": "pseudo-lpips", "form": "cubed" } """, "objective.loss.form: must be one of linear, squared")]
    [InlineData(""" "kind": "dddm", "loss": { "kind": "pseudo-lpips", "perImage": true } """, "objective.loss.perImage: belongs to pseudo-huber")]
    [InlineData(""" "kind": "dddm", "loss": { "kind": "pseudo-lpips", "c": 0 } """, "objective.loss.c: must be a number")]
    [InlineData(""" "kind": "udddm", "memorySource": "own" """, "objective.memorySource: belongs to the dddm objective")]
    [InlineData(""" "kind": "ddpm", "memoryMomentum": 0.5 """, "objective.memoryMomentum: belongs to the dddm objective")]
    [InlineData(""" "kind": "dddm", "memoryMomentum": 1 """, "objective.memoryMomentum: must be a number")]
    [InlineData(""" "kind": "dddm", "memorySource": "own", "memoryMomentum": 0.5 """, "objective.memoryMomentum: needs memorySource stored")]
    [InlineData(""" "kind": "udddm", "consistency": {} """, "objective.consistency: belongs to the dddm objective")]
    [InlineData(""" "kind": "udddm", "walkTarget": { "model": "teacher", "evaluations": [4] } """, "objective.walkTarget: belongs to the dddm objective")]
    [InlineData(""" "kind": "udddm", "prediction": "epsilon" """, "objective.prediction: epsilon cannot estimate")]
    [InlineData(""" "kind": "progressive", "from": 8 """, "objective.teacher.model: is missing")]
    [InlineData(""" "kind": "progressive", "teacher": { "model": "teacher" } """, "objective.from: is missing")]
    [InlineData(""" "kind": "progressive", "teacher": { "model": "teacher" }, "from": 12 """, "objective.from: must be to times 2, 4, 8")]
    [InlineData(""" "kind": "progressive", "teacher": { "model": "teacher" }, "from": 4, "to": 4 """, "objective.from: must be to times 2, 4, 8")]
    [InlineData(""" "kind": "progressive", "teacher": { "model": "teacher" }, "from": 32 """, "objective.from: is more than schedule.steps")]
    [InlineData(""" "kind": "progressive", "teacher": { "model": "teacher" }, "from": 4, "doubledRounds": 3 """, "objective.doubledRounds: is more than the 2 rounds")]
    [InlineData(""" "kind": "progressive", "teacher": { "model": "teacher", "steps": 4 }, "from": 4 """, "objective.teacher.steps: unknown field")]
    [InlineData(""" "kind": "progressive", "teacher": { "model": "teacher" }, "from": 4, "prediction": "epsilon" """, "objective.prediction: epsilon cannot be distilled")]
    [InlineData(""" "kind": "progressive", "teacher": { "model": "teacher" }, "from": 4, "memoryRefresh": 0.5 """, "objective.memoryRefresh: belongs")]
    [InlineData(""" "kind": "ddpm", "teacher": { "model": "teacher" } """, "objective.teacher: belongs to the progressive objective")]
    [InlineData(""" "kind": "dddm", "from": 4 """, "objective.from: belongs to the progressive objective")]
    [InlineData(""" "kind": "ddpm", "prediction": "both", "variance": "learned" """, "objective.variance: learned doubles the output, and prediction both does so too; use prediction v")]
    [InlineData(""" "kind": "ddpm", "prediction": "edm" """, "objective.prediction: edm belongs to the schedule ve; use v")]
    [InlineData(""" "kind": "consistency", "prediction": "both" """, "objective.prediction: must be consistency")]
    [InlineData(""" "kind": "consistency", "prediction": "v" """, "objective.prediction: must be consistency")]
    [InlineData(""" "kind": "consistency", "initialSteps": 9, "finalSteps": 3 """, "objective.initialSteps: is more than finalSteps")]
    [InlineData(""" "kind": "consistency", "gap": "time" """, "objective.gap: must be one of angle, sigma")]
    [InlineData(""" "kind": "consistency", "loss": { "weighting": "min-snr" } """, "objective.loss.weighting: follows from gap")]
    [InlineData(""" "kind": "consistency", "consistency": {} """, "objective.consistency: belongs to the dddm objective")]
    [InlineData(""" "kind": "ddpm", "gap": "sigma" """, "objective.gap: belongs to the consistency objective")]
    [InlineData(""" "kind": "ddpm", "prediction": "consistency" """, "objective.prediction: consistency belongs to the consistency objective")]
    public void Read_WrongObjectiveField_NamesIt(string objective, string problem) =>
        Assert.StartsWith(problem, Assert.Single(Problems(Encoding.UTF8.GetString(TinyJob.File(objective)))), StringComparison.Ordinal);

    [Theory]
    [InlineData(""" "sampling": { "sampler": "ddim", "steps": 2 }, """, "sampling: follows from the round")]
    [InlineData(""" "initialFrom": { "model": "other" }, """, "initialFrom: cannot stand beside objective.teacher")]
    public void Read_WhatAChainSettlesItself_NamesIt(string more, string problem) => Assert.StartsWith(
        problem, Assert.Single(Problems(Encoding.UTF8.GetString(TinyJob.File(""" "kind": "progressive", "teacher": { "model": "teacher" }, "from": 4 """, more)))), StringComparison.Ordinal);

    [Theory]
    [InlineData(TinyJob.Ddpm, "consistency")]
    [InlineData(TinyJob.Ddpm, "dddm")]
    [InlineData(TinyJob.ConsistencyTrained, "dddm")]
    public void Read_ASamplerThatCannotServeTheModel_NamesIt(string objective, string sampler) => Assert.StartsWith(
        $"sampling.sampler: {sampler} needs a model", Assert.Single(Problems(Encoding.UTF8.GetString(TinyJob.File(objective, $$""" "sampling": { "sampler": "{{sampler}}", "steps": 2 }, """)))), StringComparison.Ordinal);

    [Fact]
    public void Read_Progressive_TakesItsFieldsAndTheRecipe()
    {
        var job = TinyJob.Read(""" "kind": "progressive", "teacher": { "model": "teacher", "version": 3 }, "from": 16, "to": 2, "doubledRounds": 2 """);
        Assert.Equal((Prediction.V, DistanceSettings.Mse, LossWeighting.TruncatedSnr, false), (job.Objective.Prediction, job.Objective.Loss.Kind, job.Objective.Loss.Weighting, job.Network.Memory));
        Assert.Equal(0, job.Average.Decay);
        var chain = job.Objective.Chain!;
        Assert.Equal((new Diffusion.Checkpoints.ParentReference("teacher", 3), 3), (chain.Teacher, chain.Rounds));
        Assert.Equal([8, 4, 2], Enumerable.Range(0, 3).Select(chain.StepsOf));
        Assert.Equal([50, 100, 100], chain.Lengths(50));
    }

    [Fact]
    public void Read_Consistency_TakesTheRecipe()
    {
        var job = TinyJob.Read(""" "kind": "consistency" """);
        Assert.Equal((Prediction.Consistency, DistanceSettings.PseudoHuber, true, 0.00054 * 8), (job.Objective.Prediction, job.Objective.Loss.Kind, job.Objective.Loss.PerImage, job.Objective.Loss.C));
        Assert.Equal(new ConsistencyTrainingSettings(), job.Objective.ConsistencyTraining);
        Assert.Equal(0.03, TinyJob.Read(""" "kind": "consistency", "loss": { "c": 0.03 } """).Objective.Loss.C);
        var exploding = (DenoiserJob)TrainingJobReader.Read(Encoding.UTF8.GetBytes(Changed(""" "kind": "consistency" """, "\"cosine\"", "\"ve\"")));
        Assert.Equal(TimeGap.Sigma, exploding.Objective.ConsistencyTraining!.Gap);
    }

    [Theory]
    [InlineData(""" "kind": "udddm", "prediction": "residual" """, "objective.prediction: must be boundary or x0 on the schedule ve")]
    [InlineData(""" "kind": "udddm", "prediction": "v" """, "objective.prediction: must be boundary or x0 on the schedule ve")]
    [InlineData(""" "kind": "ddpm", "prediction": "boundary" """, "objective.prediction: must be epsilon, edm or x0 on the schedule ve")]
    [InlineData(""" "kind": "ddpm", "prediction": "both" """, "objective.prediction: must be epsilon, edm or x0 on the schedule ve, got both")]
    [InlineData(""" "kind": "dddm", "prediction": "edm" """, "objective.prediction: must be boundary or x0 on the schedule ve, got edm")]
    [InlineData(""" "kind": "dddm", "loss": { "weighting": "snr+1" } """, "objective.loss.weighting: snr+1 is the error of v")]
    public void Read_WhatTheExplodingScheduleCannot_NamesIt(string objective, string problem) =>
        Assert.StartsWith(problem, Assert.Single(Problems(Changed(objective, "\"cosine\"", "\"ve\""))), StringComparison.Ordinal);

    [Fact]
    public void Read_BoundaryOfAPreservingSchedule_NamesIt() =>
        Assert.StartsWith("objective.prediction: boundary belongs to the schedule ve", Assert.Single(Problems(Changed(TinyJob.Exploding, "\"ve\"", "\"cosine\""))), StringComparison.Ordinal);

    [Fact]
    public void Read_Unified_TakesTheFormOfItsSchedule()
    {
        var preserving = TinyJob.Read(""" "kind": "udddm" """);
        Assert.Equal((Prediction.Residual, DistanceSettings.PseudoHuber, true), (preserving.Objective.Prediction, preserving.Objective.Loss.Kind, preserving.Network.Memory));
        var exploding = (DenoiserJob)TrainingJobReader.Read(Encoding.UTF8.GetBytes(Changed(""" "kind": "udddm" """, "\"cosine\"", "\"ve\"")));
        Assert.Equal((Prediction.Boundary, "ve", true), (exploding.Objective.Prediction, exploding.Schedule.Name, exploding.Network.Memory));
    }

    [Fact]
    public void Read_PseudoLpips_TakesItsFields()
    {
        var loss = TinyJob.Read(""" "kind": "dddm", "loss": { "kind": "pseudo-lpips" } """).Objective.Loss;
        Assert.Equal((1.4e-4, false, 224, 224, 0), (loss.C, loss.Squared, loss.ResizeOf(32), loss.ResizeOf(255), loss.ResizeOf(256)));
        loss = TinyJob.Read(""" "kind": "dddm", "loss": { "kind": "pseudo-lpips", "form": "squared", "resize": 0, "c": 0.01 } """).Objective.Loss;
        Assert.Equal((0.01, true, 0), (loss.C, loss.Squared, loss.ResizeOf(32)));
    }

    [Theory]
    [InlineData("\"decay\": \"steps\", \"warmup\": 2, \"finalShare\": 0.1", "optimizer.decay: must be one of cosine, linear, constant, inverse-sqrt")]
    [InlineData("\"decay\": \"constant\", \"warmup\": 2, \"finalShare\": 0.1", "optimizer.finalShare: needs decay cosine or linear")]
    [InlineData("\"decay\": \"inverse-sqrt\", \"warmup\": 2, \"finalShare\": 0.1", "optimizer.finalShare: needs decay cosine or linear")]
    [InlineData("\"decay\": \"inverse-sqrt\"", "optimizer.warmup: must be at least 1 for decay inverse-sqrt")]
    [InlineData("\"decay\": \"linear\", \"warmup\": 2", "optimizer.finalShare: is missing")]
    [InlineData("\"decay\": \"cosine\", \"warmup\": 2", "optimizer.finalShare: is missing")]
    public void Read_WrongDecay_NamesTheField(string optimizer, string problem) =>
        Assert.StartsWith(problem, Assert.Single(Problems(Changed(TinyJob.Ddpm, "\"warmup\": 2, \"finalShare\": 0.1", optimizer))), StringComparison.Ordinal);

    [Theory]
    [InlineData("\"warmup\": 2, \"finalShare\": 0.1", "Cosine")]
    [InlineData("\"decay\": \"linear\", \"warmup\": 2, \"finalShare\": 0", "Linear")]
    [InlineData("\"decay\": \"constant\", \"warmup\": 2", "Constant")]
    [InlineData("\"decay\": \"inverse-sqrt\", \"warmup\": 2", "InverseSqrt")]
    public void Read_Decay_IsTaken(string optimizer, string decay) => Assert.Equal(Enum.Parse<RateDecay>(decay),
        TrainingJobReader.Read(Encoding.UTF8.GetBytes(Changed(TinyJob.Ddpm, "\"warmup\": 2, \"finalShare\": 0.1", optimizer))).Optimizer.Decay);

    [Theory]
    [InlineData(""" "emaDecay": 0.9, "ema": { "decay": 0.9 }, """, "emaDecay: stands beside ema")]
    [InlineData(""" "ema": { "rule": "half" }, """, "ema.rule: must be one of warm-up, constant, power")]
    [InlineData(""" "ema": { "every": 0 }, """, "ema.every: must be a whole number")]
    [InlineData(""" "augmentation": { "flip": 2 }, """, "augmentation.flip: must be a number in 0..1")]
    [InlineData(""" "augmentation": { "shear": 2 }, """, "augmentation.shear: ")]
    [InlineData(""" "augmentation": { "rotate": 10 }, """, "augmentation: can only flip where memories are stored")]
    public void Read_WrongMachinery_NamesTheField(string more, string problem) =>
        Assert.Contains(Problems(System.Text.Encoding.UTF8.GetString(TinyJob.File(TinyJob.Dddm, more))), p => p.StartsWith(problem, StringComparison.Ordinal));

    [Fact]
    public void Read_MorePartsThanImages_IsRefused() =>
        Assert.StartsWith("optimizer.accumulate: is more than batch", Assert.Single(Problems(System.Text.Encoding.UTF8.GetString(TinyJob.File(TinyJob.Ddpm)).Replace("\"warmup\": 2", "\"warmup\": 2, \"accumulate\": 5", StringComparison.Ordinal))), StringComparison.Ordinal);

    [Fact]
    public void Read_ActivationsComputedAgain_IsForDenoisers()
    {
        const string Wanted = "\"gradientCheckpoint\": true";
        Assert.True(TrainingJobReader.Read(System.Text.Encoding.UTF8.GetBytes(
            System.Text.Encoding.UTF8.GetString(TinyJob.File(TinyJob.Ddpm)).Replace("\"warmup\": 2", Wanted, StringComparison.Ordinal))).Optimizer.GradientCheckpoint);
        Assert.StartsWith("optimizer.gradientCheckpoint: is for denoisers only", Assert.Single(Problems(
            $$"""{ "name": "judge", "model": "judge", "objective": { "kind": "classifier" }, "network": { "imageSize": 8, "channels": 1, "classes": 2 }, "data": "tiny", "batch": 4, "images": 100, "optimizer": { {{Wanted}} } }""")), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_Machinery_TakesItsFields()
    {
        var job = TinyJob.Read(TinyJob.Ddpm, """ "ema": { "rule": "power", "decay": 0.995, "every": 10 }, "augmentation": { "flip": 0.5, "rotate": 10, "brightness": 0.25, "contrast": 0.2 }, """);
        Assert.Equal(new AverageSettings { Rule = AverageRule.Power, Decay = 0.995, Every = 10 }, job.Average);
        Assert.Equal(new AugmentationSettings { Flip = 0.5, Rotate = 10, Brightness = 0.25, Contrast = 0.2 }, job.Augmentation);
        Assert.Equal(new AverageSettings { Decay = 0.7 }, TinyJob.Read(TinyJob.Ddpm, """ "emaDecay": 0.7, """).Average);
    }

    [Fact]
    public void Read_NetworkThatCannotBe_NamesTheField() =>
        Assert.StartsWith("network.imageSize:", Assert.Single(Problems(Encoding.UTF8.GetString(TinyJob.File(TinyJob.Ddpm)).Replace("\"imageSize\": 8", "\"imageSize\": 9", StringComparison.Ordinal))), StringComparison.Ordinal);

    [Fact]
    public void Read_NotJson_SaysSo() => Assert.StartsWith("Not JSON", Assert.Single(Problems("{")), StringComparison.Ordinal);

    private static string Changed(string objective, string from, string to) => Encoding.UTF8.GetString(TinyJob.File(objective)).Replace(from, to, StringComparison.Ordinal);

    private static IReadOnlyList<string> Problems(string json) =>
        Assert.Throws<TrainingJobException>(() => TrainingJobReader.Read(Encoding.UTF8.GetBytes(json))).Problems;
}
