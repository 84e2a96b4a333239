using System.Text;
using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Samplers;
using Diffusion.Testing;
using Diffusion.Training.Evaluation;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Diffusion.Training.Runs;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Runs;

public sealed class ChainTests : IDisposable
{
    private const string Chain = """ "kind": "progressive", "teacher": { "model": "teacher" }, "from": 8 """;

    private readonly TemporaryFolder folder = new();

    public ChainTests() => TinySet.Write(folder["data"]);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Execute_EveryRound_PublishesAStudentThatKnowsItsTeacherAndItsSteps()
    {
        Teach("state");
        var outcome = Run("state", Job(""" "every": { "log": 1, "sample": 100, "validate": 100 }, """));
        // three rounds of four steps, the last one twice as long
        Assert.Equal((true, 16, 3), (outcome.Finished, outcome.Steps, outcome.Version));
        var students = Store("state").Versions("tiny-model").Select(v => Store("state").Find("tiny-model", $"{v}")!.Manifest).OrderBy(m => m.Version).ToArray();
        Assert.Equal([4, 2, 1], students.Select(m => m.Sampling!.Steps));
        Assert.All(students, m => Assert.Equal(("ddim", "progressive", Prediction.V), (m.Sampling!.Sampler, m.Objective, m.Prediction)));
        ParentReference[] teachers = [new("teacher", 1), new("tiny-model", 1), new("tiny-model", 2)];
        Assert.Equal(teachers, students.Select(m => m.Parent!));
        foreach (var (teacher, student) in teachers.Zip(students))
            Assert.Equal([new(teacher.Model, teacher.Version, LineageLink.Initial), new(teacher.Model, teacher.Version, LineageLink.Teacher)], student.Parents!);
        // what a request gets that names no sampler visits the times that were learned
        foreach (var student in students)
        {
            var sampler = SamplerCatalog.Find(student.Sampling!.Sampler)!;
            var rows = sampler.Compile(student.Traits, new SamplingOptions(sampler, student.Sampling.Steps, student.Sampling.Options)).Rows;
            Assert.Equal(Enumerable.Range(0, student.Sampling.Steps).Select(i => 20 - 20 * i / student.Sampling.Steps - 1), rows.Select(r => r.TimeIndex));
            Assert.All(rows, r => Assert.False(r.ClipsClean));
        }
        Assert.Equal(["00000004.png", "00000008.png", "00000016.png"], Directory.GetFiles(Path.Combine(RunOf("state"), "samples")).Select(Path.GetFileName).Order());
        Assert.Equal([4, 8, 16], Lines("state").Where(l => l.ContainsKey("sampleError")).Select(l => (int)l["step"]));
        Assert.Equal([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3], Lines("state").Select(l => (int)l["round"]));
        Assert.Equal([4, 4, 4, 4, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1], Lines("state").Select(l => (int)l["studentSteps"]));
    }

    [Fact]
    public void Execute_EveryRound_AnnealsItsLearningRate()
    {
        Teach("state");
        Run("state", Job(""" "every": { "log": 1 }, """));
        // linear to 0 without a warm-up: 1, 3/4, 2/4, 1/4 of the full rate in a round of four steps
        double[] four = [1, 0.75, 0.5, 0.25], eight = [1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125];
        Assert.Equal([.. four, .. four, .. eight], Lines("state").Select(l => Math.Round(l["learningRate"] / 0.002, 9)));
    }

    [Theory]
    [InlineData("both", "cosine", Prediction.Both, 2, true, 1.0)]
    [InlineData("edm", "ve", Prediction.Edm, 1, false, 0.5)]
    public void Execute_WithAnotherPrediction_EndsInAModelForEverySampler(string word, string schedule, Prediction prediction, int outputs, bool both, double deviation)
    {
        Teach("state", prediction: word, schedule: schedule);
        var job = Encoding.UTF8.GetBytes(Text(Job(""" "every": { "log": 1, "sample": 100, "validate": 100 }, """))
            .Replace("\"prediction\": \"v\"", $"\"prediction\": \"{word}\"", StringComparison.Ordinal).Replace("cosine", schedule, StringComparison.Ordinal));
        Assert.True(Run("state", job).Finished);
        var student = Store("state").Find("tiny-model", "3")!;
        Assert.Equal((prediction, both, deviation, 1), (student.Manifest.Prediction, student.Manifest.Network.BothOutputs, student.Manifest.Network.DataDeviation, student.Manifest.Sampling!.Steps));
        using (var file = SafeTensorFile.Open(student.PathOf(CheckpointVersion.WeightsFile))) Assert.Equal([outputs, 8, 3, 3], file.Tensors["out.2.weight"].Shape);
        Assert.All(Lines("state"), l => Assert.True(double.IsFinite(l["loss"])));
        using var denoiser = Diffusion.Networks.Denoiser.Load(student, CPU);
        foreach (var sampler in SamplerCatalog.All.Where(s => s.Refuses(student.Manifest.Traits) is null))
        {
            var table = sampler.Compile(student.Manifest.Traits, new SamplingOptions(sampler, 3));
            var images = new RowSampler(denoiser.Network, CPU).Run(table, [0, 1], 2, 1, seed: 1);
            Assert.Equal(2 * 64, images.Length);
            Assert.All(images, v => Assert.True(float.IsFinite(v)));
        }
    }

    /// <summary>The student is what was published: the averaged weights, where a job averages them.</summary>
    [Theory]
    [InlineData("")]
    [InlineData(""" "ema": { "rule": "constant", "decay": 0.5 }, """)]
    public void Execute_ALaterRound_BeginsWithTheStudentAndIsTaughtByIt(string average)
    {
        Teach("state");
        // stops after the first step of the second round
        var job = Job(average + """ "every": { "log": 1 }, """);
        Assert.Equal((false, 5), Stop("state", job, 5));
        using var state = SafeTensorFile.Open(Path.Combine(RunOf("state"), "state.safetensors"));
        using var student = SafeTensorFile.Open(Store("state").Find("tiny-model", "1")!.PathOf(CheckpointVersion.WeightsFile));
        using var first = SafeTensorFile.Open(Store("state").Find("teacher", "1")!.PathOf(CheckpointVersion.WeightsFile));
        foreach (var name in student.Tensors.Keys) Assert.Equal(student.Read(name), state.Read("teacher/" + name));
        Assert.Contains(student.Tensors.Keys, name => !student.Read(name).SequenceEqual(first.Read(name)));
        // one step of Adam from the student, with moments that know no other gradient: no weight moves further than the rate and its decay
        foreach (var name in student.Tensors.Keys)
        {
            float[] before = Floats(student.Read(name)), after = Floats(state.Read("weights/" + name)), moment = Floats(state.Read("first/" + name)), square = Floats(state.Read("second/" + name));
            for (var i = 0; i < before.Length; i++)
            {
                Assert.InRange(Math.Abs(after[i] - before[i]), 0, 0.002 * 1.02);
                // m = (1 - b1) g and v = (1 - b2) g^2 of the one gradient
                Near.Absolute(Math.Sqrt(square[i] / 0.001), Math.Abs(moment[i] / 0.1), 1e-6);
            }
        }
    }

    [Fact]
    public void Run_KilledAnywhereAndResumed_EndsInTheBytesOfAnUninterruptedOne()
    {
        var job = Job(""" "every": { "log": 1, "checkpoint": 3 }, """, dropout: 0.2);
        foreach (var state in new[] { "whole", "parts" }) Teach(state);
        Run("whole", job);
        foreach (var step in new[] { 2, 4, 5, 7, 8, 9, 14 }) Kill("parts", job, step, null);
        // between the resume point at the end of a round and its version, and between the version and the next round
        foreach (var state in new[] { "saved", "published" }) Teach(state);
        foreach (var step in new[] { 4, 8 }) Kill("saved", job, step, RunMoment.Saved);
        foreach (var step in new[] { 4, 8 }) Kill("published", job, step, RunMoment.Published);
        foreach (var state in new[] { "parts", "saved", "published" })
        {
            // the first teacher may be gone by then
            if (state == "published") Directory.Delete(Path.Combine(folder[state + "-models"], "teacher"), recursive: true);
            Assert.True(Run(state, job).Finished);
            Assert.Equal(File.ReadAllBytes(Path.Combine(RunOf("whole"), "state.safetensors")), File.ReadAllBytes(Path.Combine(RunOf(state), "state.safetensors")));
            Assert.Equal([1, 2, 3], Store(state).Versions("tiny-model").Order());
            foreach (var version in new[] { "1", "2", "3" })
            {
                var (one, other) = (Store("whole").Find("tiny-model", version)!.Manifest, Store(state).Find("tiny-model", version)!.Manifest);
                Assert.Equal(one.Files["model.safetensors"], other.Files["model.safetensors"]);
                Assert.Equal((one.Parent, one.ImagesSeen, one.Sampling!.Steps), (other.Parent, other.ImagesSeen, other.Sampling!.Steps));
            }
        }
    }

    [Fact]
    public void Run_OnPicturesOfTwoKinds_TheStudentIsAtLeastTwiceAsNearAsTheTeacherWithAsFewSteps()
    {
        Teach("long", steps: 60);
        (string From, string To)[] changes = [("\"steps\": 4", "\"steps\": 60"), ("\"batch\": 4", "\"batch\": 10"), ("0.002", "0.006"), ("\"from\": 8", "\"from\": 2"), ("\"doubledRounds\": 1", "\"doubledRounds\": 0")];
        Run("long", Encoding.UTF8.GetBytes(changes.Aggregate(Text(Job(""" "every": { "log": 60, "validate": 60 }, """)), (text, c) => text.Replace(c.From, c.To, StringComparison.Ordinal))));
        var end = Lines("long").Single(l => l.ContainsKey("sampleError"));
        Assert.Equal(1, end["studentSteps"]);
        Assert.True(2 * end["sampleError"] <= end["teacherSampleError"], $"{end["sampleError"]} against {end["teacherSampleError"]}");
    }

    [Theory]
    [InlineData("\"steps\": 20", "\"steps\": 30", "cosine with 20 steps")]
    [InlineData("\"modelChannels\": 8", "\"modelChannels\": 16", "its network is not that of the job")]
    [InlineData("\"prediction\": \"v\"", "\"prediction\": \"x0\"", "it predicts v")]
    public void Execute_ATeacherThatIsNotLikeTheStudent_IsRefused(string from, string to, string problem)
    {
        Teach("state");
        var job = Encoding.UTF8.GetBytes(Text(Job()).Replace(from, to, StringComparison.Ordinal));
        var refusal = Assert.Single(Assert.Throws<TrainingJobException>(() => Run("state", job)).Problems);
        Assert.StartsWith("objective.teacher.model: ", refusal, StringComparison.Ordinal);
        Assert.Contains(problem, refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_NoSuchTeacher_SaysSo() =>
        Assert.StartsWith("objective.teacher.model:", Assert.Throws<TrainingJobException>(() => Run("state", Job())).Message, StringComparison.Ordinal);

    private static byte[] Job(string more = "", double dropout = 0) => Encoding.UTF8.GetBytes(
        Text(TinyJob.File(Chain + """, "prediction": "v", "doubledRounds": 1 """, more, steps: 4, dropout: dropout)).Replace("\"warmup\": 2, \"finalShare\": 0.1", "\"decay\": \"linear\", \"finalShare\": 0", StringComparison.Ordinal));

    /// <summary>Publishes the model that <see cref="Chain"/> has as its first teacher.</summary>
    private void Teach(string state, int steps = 6, string prediction = "v", string schedule = "cosine") => Run(state, Encoding.UTF8.GetBytes(Text(TinyJob.File($"\"kind\": \"ddpm\", \"prediction\": \"{prediction}\"", steps: steps))
        .Replace("cosine", schedule, StringComparison.Ordinal).Replace("tiny-run", "teacher-run", StringComparison.Ordinal).Replace("tiny-model", "teacher", StringComparison.Ordinal)));

    private static string Text(byte[] job) => Encoding.UTF8.GetString(job);

    private static float[] Floats(byte[] bytes) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray();

    private TrainingOptions Options(string state) => new() { Data = folder["data"], State = folder[state], Models = folder[state + "-models"], Threads = 1 };

    private CheckpointStore Store(string state) => new(Options(state).Models, TimeProvider.System);

    private string RunOf(string state) => Path.Combine(folder[state], "runs", "tiny-run");

    private Dictionary<string, double>[] Lines(string state) =>
        [.. File.ReadLines(Path.Combine(RunOf(state), "metrics.ndjson")).Select(l => JsonSerializer.Deserialize<Dictionary<string, double>>(l)!)];

    private TrainingOutcome Run(string state, byte[] job) => new TrainingRun(job, Options(state), Store(state), TimeProvider.System).Execute(CancellationToken.None);

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

    /// <summary>Throws out of the loop after a step, or at a moment of it.</summary>
    private void Kill(string state, byte[] job, int afterStep, RunMoment? at)
    {
        var run = new TrainingRun(job, Options(state), Store(state), TimeProvider.System)
        {
            Report = p =>
            {
                if (at is null && p.Step == afterStep) throw new KilledException();
            },
            Tell = n =>
            {
                if (n.Moment == at && n.Step == afterStep) throw new KilledException();
            },
        };
        Assert.Throws<KilledException>(() => run.Execute(CancellationToken.None));
    }

    private sealed class KilledException : Exception;
}
