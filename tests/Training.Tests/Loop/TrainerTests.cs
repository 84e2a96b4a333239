using Diffusion.Checkpoints;
using Diffusion.Testing;
using Diffusion.Training.Loop;
using Diffusion.Training.Runs;

namespace Diffusion.Training.Tests.Loop;

public sealed class TrainerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public TrainerTests() => TinySet.Write(folder["data"]);

    public static TheoryData<string> Objectives =>
    [
        TinyJob.Ddpm, TinyJob.Hybrid, TinyJob.Bound, TinyJob.Dddm, TinyJob.Consistent, TinyJob.SelfConditioned, TinyJob.Distilled,
        TinyJob.Unified, TinyJob.Exploding, TinyJob.Perceptual, TinyJob.ConsistencyTrained,
    ];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Objectives))]
    public void Run_StoppedAndResumed_EndsInTheBytesOfAnUninterruptedOne(string objective)
    {
        var job = TinyJob.File(objective, """ "every": { "log": 1, "checkpoint": 100 }, """, dropout: 0.2);
        foreach (var state in new[] { "whole", "parts" }) PublishTeacher(state);
        Assert.True(Train("whole", job).Finished);
        // 3 steps an epoch: in the first epoch, at a boundary, in a later epoch
        foreach (var (stopAt, done) in new[] { (2, 2), (3, 3), (7, 7) }) Assert.Equal((false, done), Stop("parts", job, stopAt));
        // a newer teacher changes nothing: the version was settled when the run began
        PublishTeacher("parts", steps: 8);
        Assert.True(Train("parts", job).Finished);
        AssertSame("whole", "parts");
    }

    [Theory]
    [MemberData(nameof(Objectives))]
    public void Run_KilledAndResumed_EndsInTheBytesOfAnUninterruptedOne(string objective)
    {
        var job = TinyJob.File(objective, """ "every": { "log": 1, "checkpoint": 5 }, """, dropout: 0.2);
        foreach (var state in new[] { "whole", "parts" }) PublishTeacher(state);
        Assert.True(Train("whole", job).Finished);
        // 3 steps an epoch: before any resume point, at a boundary, and one epoch after the resume point at 5,
        // when the memory that step 5 was shown is being written over
        foreach (var step in new[] { 1, 3, 4, 7, 8 }) Kill("parts", job, step);
        Assert.True(Train("parts", job).Finished);
        AssertSame("whole", "parts");
    }

    [Theory]
    [MemberData(nameof(Objectives))]
    public void Run_Validated_EndsInTheBytesOfOneThatIsNot(string objective)
    {
        foreach (var state in new[] { "plain", "validated" }) PublishTeacher(state);
        Assert.True(Train("plain", TinyJob.File(objective, """ "every": { "log": 2, "checkpoint": 5 }, """, dropout: 0.2)).Finished);
        Assert.True(Train("validated", TinyJob.File(objective, """ "every": { "log": 2, "checkpoint": 5, "validate": 3 }, """, dropout: 0.2)).Finished);
        Assert.Equal(File.ReadAllBytes(StateOf("plain")), File.ReadAllBytes(StateOf("validated")));
        Assert.Equal(Store("plain").Find("tiny-model")!.Manifest.Files["model.safetensors"], Store("validated").Find("tiny-model")!.Manifest.Files["model.safetensors"]);
        Assert.Empty(Validated("plain"));
        Assert.Equal([3, 6, 9], Validated("validated").Keys);
        Assert.Equal([2, 3, 4, 6, 8, 9], Steps("validated"));
    }

    [Theory]
    [InlineData(TinyJob.Ddpm)]
    [InlineData(TinyJob.Dddm)]
    public void Run_ValidatedAndKilled_HasTheSameCurve(string objective)
    {
        var job = TinyJob.File(objective, """ "every": { "log": 1, "checkpoint": 5, "validate": 2 }, """);
        Assert.True(Train("whole", job).Finished);
        foreach (var step in new[] { 1, 7 }) Kill("parts", job, step);
        Assert.True(Train("parts", job).Finished);
        Assert.Equal([2, 4, 6, 8, 9], Validated("whole").Keys);
        Assert.Equal(Validated("whole"), Validated("parts"));
    }

    [Theory]
    [InlineData(TinyJob.Ddpm, """ "augmentation": { "flip": 0.5, "rotate": 10, "brightness": 0.25, "contrast": 0.25 }, """)]
    [InlineData(TinyJob.Dddm, """ "augmentation": { "flip": 0.5 }, """)]
    public void Run_WithTheWholeMachinery_KilledAndResumed_EndsInTheSameBytes(string objective, string augmentation)
    {
        var job = With("accumulate", 3, TinyJob.File(objective, augmentation + """ "ema": { "rule": "power", "decay": 0.9, "every": 2 }, "every": { "log": 1, "checkpoint": 5 }, """));
        Assert.True(Train("whole", job).Finished);
        foreach (var step in new[] { 1, 4, 8 }) Kill("parts", job, step);
        Assert.True(Train("parts", job).Finished);
        AssertSame("whole", "parts");
    }

    [Theory]
    [InlineData(TinyJob.Ddpm)]
    [InlineData(TinyJob.Hybrid)]
    [InlineData(TinyJob.Bound)]
    [InlineData(TinyJob.Dddm)]
    [InlineData(TinyJob.SelfConditioned)]
    [InlineData(TinyJob.Unified)]
    // without the kink of a small c, where an estimate that is its memory makes rounding a gradient
    [InlineData(""" "kind": "udddm", "prediction": "boundary", "memoryStorage": "float16", "memoryRefresh": 0.3, "loss": { "c": 1 } """)]
    [InlineData(TinyJob.Perceptual)]
    [InlineData(TinyJob.ConsistencyTrained)]
    public void Run_BatchInParts_HasTheLossAndGradientOfTheWhole(string objective)
    {
        TrainingProgress[][] runs = [.. new[] { 1, 2, 3, 4 }.Select(parts => Progress($"parts-{parts}",
            With("accumulate", parts, TinyJob.File(objective, """ "every": { "log": 1 }, """))))];
        foreach (var run in runs[1..])
            // an epoch is three steps: from the fourth on the memory has what every part left in it
            for (var step = 0; step < 6; step++)
            {
                Near.Relative(runs[0][step].Loss, run[step].Loss, 1e-6, $"loss of step {step}");
                Near.Relative(runs[0][step].GradientNorm, run[step].GradientNorm, 1e-6, $"gradient of step {step}");
                // a correlation is of its part alone; all others are means over the images
                foreach (var (name, figure) in runs[0][step].Figures.Where(f => f.Key != "copyScore"))
                    Near.Relative(figure, run[step].Figures[name], 1e-6, $"{name} of step {step}");
            }
    }

    [Fact]
    public void Run_TimesDrawnByTheirLosses_KilledAndResumed_EndsInTheSameBytes()
    {
        // two times, so that both have their ten losses long before the end
        var job = System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(
            With("accumulate", 2, TinyJob.File(TinyJob.Bound, """ "every": { "log": 1, "checkpoint": 5 }, """, steps: 24))).Replace("\"steps\": 20", "\"steps\": 2", StringComparison.Ordinal));
        Assert.True(Train("whole", job).Finished);
        foreach (var step in new[] { 4, 8, 13, 17, 22 }) Kill("parts", job, step);
        Assert.True(Train("parts", job).Finished);
        AssertSame("whole", "parts");
        using var file = SafeTensorFile.Open(StateOf("whole"));
        var moments = new Training.Objectives.LossMoments(2);
        moments.Restore(file);
        Assert.True(Math.Abs(moments.Probabilities()[0] - 0.5) > 0.05, "the times are still uniform");
    }

    [Theory]
    [InlineData(TinyJob.Hybrid)]
    [InlineData(TinyJob.Dddm)]
    [InlineData(TinyJob.ConsistencyTrained)]
    public void Run_ActivationsComputedAgain_IsTheUsualRunAndGoesOnAsOne(string objective)
    {
        // in two parts their order would not matter to a sum
        byte[] Job(string more) => With("accumulate", 3, With("gradientCheckpoint", more, TinyJob.File(objective, """ "every": { "log": 1, "checkpoint": 5 }, """, dropout: 0.2)));
        Assert.True(Train("usual", Job("false")).Finished);
        Assert.True(Train("whole", Job("true")).Finished);
        Assert.Equal(File.ReadAllBytes(StateOf("usual")), File.ReadAllBytes(StateOf("whole")));
        foreach (var step in new[] { 3, 7 }) Kill("parts", Job("true"), step);
        Assert.True(Train("parts", Job("true")).Finished);
        AssertSame("whole", "parts");
    }

    private static byte[] With(string field, int value, byte[] job) => With(field, $"{value}", job);

    private static byte[] With(string field, string value, byte[] job) => System.Text.Encoding.UTF8.GetBytes(
        System.Text.Encoding.UTF8.GetString(job).Replace("\"warmup\": 2", $"\"warmup\": 2, \"{field}\": {value}", StringComparison.Ordinal));

    private TrainingProgress[] Progress(string state, byte[] job)
    {
        var all = new List<TrainingProgress>();
        Assert.True(new TrainingRun(job, Options(state), Store(state), TimeProvider.System) { Report = all.Add }.Execute(CancellationToken.None).Finished);
        return [.. all];
    }

    [Fact]
    public void Run_LossThatIsNoNumber_StopsByNameAndKeepsTheLastState()
    {
        var text = System.Text.Encoding.UTF8.GetString(TinyJob.File(TinyJob.Ddpm, """ "every": { "log": 1, "checkpoint": 1 }, """));
        var job = System.Text.Encoding.UTF8.GetBytes(text.Replace("\"learningRate\": 0.002", "\"learningRate\": 10", StringComparison.Ordinal).Replace("\"clipNorm\": 1", "\"clipNorm\": 0", StringComparison.Ordinal));
        Stop("state", job, 2);
        var saved = File.ReadAllBytes(StateOf("state"));
        Poison(StateOf("state"));
        var error = Assert.Throws<TrainingDivergedException>(() => Train("state", job));
        Assert.Equal(2, error.Step);
        Assert.Contains("loss", error.Message, StringComparison.Ordinal);
        Assert.NotEqual(saved, File.ReadAllBytes(StateOf("state")));
        Assert.Equal(2, StepOf(StateOf("state")));
        Assert.Empty(new CheckpointStore(folder["state-models"], TimeProvider.System).Versions("tiny-model"));
    }

    [Fact]
    public void Run_MoreSteps_LowersTheLoss()
    {
        var losses = new List<double>();
        var run = new TrainingRun(TinyJob.File(TinyJob.Ddpm, """ "every": { "log": 1, "validate": 10 }, """, steps: 150), Options("long"), Store("long"), TimeProvider.System) { Report = p => losses.Add(p.Loss) };
        Assert.True(run.Execute(CancellationToken.None).Finished);
        Assert.Equal(150, losses.Count);
        Assert.True(losses[^1] < 0.6 * losses[0], $"{losses[0]} -> {losses[^1]}");
        var unseen = Validated("long");
        Assert.True(unseen[150] < 0.8 * unseen[10], $"{unseen[10]} -> {unseen[150]}");
    }

    private TrainingOptions Options(string state) => new() { Data = folder["data"], State = folder[state], Models = folder[state + "-models"], Threads = 1, PerceptualNetwork = TinyJob.PerceptualNetwork };

    private CheckpointStore Store(string state) => new(Options(state).Models, TimeProvider.System);

    private string StateOf(string state) => Path.Combine(folder[state], "runs", "tiny-run", "state.safetensors");

    /// <summary>Publishes a version of the model that <see cref="TinyJob.Distilled"/> has as its teacher.</summary>
    private void PublishTeacher(string state, int steps = 6)
    {
        var job = System.Text.Encoding.UTF8.GetString(TinyJob.File(TinyJob.Ddpm, steps: steps))
            .Replace("tiny-run", $"teacher-{steps}", StringComparison.Ordinal).Replace("tiny-model", "teacher", StringComparison.Ordinal);
        Assert.True(Train(state, System.Text.Encoding.UTF8.GetBytes(job)).Finished);
    }

    private TrainingOutcome Train(string state, byte[] job) => new TrainingRun(job, Options(state), Store(state), TimeProvider.System).Execute(CancellationToken.None);

    private (bool Finished, int Steps) Stop(string state, byte[] job, int afterStep)
    {
        using var stop = new CancellationTokenSource();
        var run = new TrainingRun(job, Options(state), Store(state), TimeProvider.System)
        {
            Report = p =>
            {
                if (p.Step == afterStep) stop.Cancel();
            },
        };
        var outcome = run.Execute(stop.Token);
        return (outcome.Finished, outcome.Steps);
    }

    /// <summary>Throws out of the loop after a step, so that nothing is saved as it is on a stop.</summary>
    private void Kill(string state, byte[] job, int afterStep)
    {
        var run = new TrainingRun(job, Options(state), Store(state), TimeProvider.System)
        {
            Report = p =>
            {
                if (p.Step == afterStep) throw new KilledException();
            },
        };
        Assert.Throws<KilledException>(() => run.Execute(CancellationToken.None));
    }

    private void AssertSame(string one, string other)
    {
        Assert.Equal(File.ReadAllBytes(StateOf(one)), File.ReadAllBytes(StateOf(other)));
        var version = Store(one).Find("tiny-model")!;
        Assert.Equal(1, version.Manifest.Version);
        Assert.Equal(version.Manifest.Files["model.safetensors"], Store(other).Find("tiny-model")!.Manifest.Files["model.safetensors"]);
        Assert.Equal(Steps(one), Steps(other));
        foreach (var file in new[] { "memory-even", "memory-odd" })
        {
            var path = Path.Combine("runs", "tiny-run", "memory", file);
            if (File.Exists(Path.Combine(folder[one], path))) Assert.Equal(File.ReadAllBytes(Path.Combine(folder[one], path)), File.ReadAllBytes(Path.Combine(folder[other], path)));
        }
    }

    /// <summary>The validation loss by step.</summary>
    private Dictionary<int, double> Validated(string state) => File.ReadLines(Path.Combine(folder[state], "runs", "tiny-run", "metrics.ndjson"))
        .Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement).Where(line => line.TryGetProperty(MetricsLog.ValidationLoss, out _))
        .ToDictionary(line => line.GetProperty("step").GetInt32(), line => line.GetProperty(MetricsLog.ValidationLoss).GetDouble());

    private int[] Steps(string state) => [.. File.ReadLines(Path.Combine(folder[state], "runs", "tiny-run", "metrics.ndjson"))
        .Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("step").GetInt32())];

    private static int StepOf(string path)
    {
        using var file = SafeTensorFile.Open(path);
        return int.Parse(file.Metadata["step"]);
    }

    /// <summary>Puts a NaN into the weights of a resume point.</summary>
    private static void Poison(string path)
    {
        List<SafeTensor> tensors;
        IReadOnlyDictionary<string, string> metadata;
        using (var file = SafeTensorFile.Open(path))
        {
            metadata = file.Metadata;
            tensors = [.. file.Tensors.Values.Select(t => new SafeTensor(t.Name, t.Type, t.Shape, file.Read(t.Name)))];
        }
        var index = tensors.FindIndex(t => t.Name == "weights/out.2.bias");
        tensors[index] = tensors[index] with { Data = BitConverter.GetBytes(float.NaN) };
        SafeTensors.Write(path, tensors, metadata);
    }

    private sealed class KilledException : Exception;
}
