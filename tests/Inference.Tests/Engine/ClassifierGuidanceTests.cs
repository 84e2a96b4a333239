using Diffusion.Checkpoints;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using static TorchSharp.torch;

namespace Diffusion.Inference.Tests.Engine;

/// <summary>Classifier guidance in the engine: of its own rows, and of nobody else's.</summary>
public sealed class ClassifierGuidanceTests : IDisposable
{
    private const string Name = "tiny-classifier";

    private readonly Rig rig = new();
    private readonly CheckpointVersion classifier;

    public ClassifierGuidanceTests()
    {
        classifier = TinyModels.PublishClassifier(rig.Store, Name);
        TinyModels.PublishClassifier(rig.Store, "other-schedule", describe: m => m with { Schedule = new ScheduleReference("linear", TinyModels.Times) });
        TinyModels.PublishClassifier(rig.Store, "other-classes", TinyModels.Network(classes: 3));
        rig.Models.Refresh();
    }

    private static GenerationRequest Request => new()
    {
        Model = Rig.Labelled,
        Sampler = "ddim",
        Steps = 5,
        Seed = 11,
        Labels = [2],
        Guidance = 0,
        Classifier = Name,
        ClassifierScale = 3,
    };

    [Theory]
    [InlineData(Rig.Labelled, "ddim", 0.0, "")]
    [InlineData(Rig.Labelled, "ddpm", 2.0, "variance=large")]
    [InlineData(Rig.Plain, "dpmpp-2m", null, "")]
    public void Run_EqualsTheSequentialInterpreter(string model, string name, double? guidance, string option)
    {
        var sampler = SamplerCatalog.Find(name)!;
        var options = option.Length == 0 ? [] : new Dictionary<string, string> { [option.Split('=')[0]] = option.Split('=')[1] };
        var version = model == Rig.Plain ? rig.Plains : rig.Labels;
        var table = sampler.Compile(version.Manifest.Traits, new SamplingOptions(sampler, 5, options));
        using var exact = GuidingClassifier.Load(classifier, CPU);
        double[] Pull(double[] x, int time)
        {
            using var scope = NewDisposeScope();
            var gradient = exact.Gradient(tensor(Array.ConvertAll(x, v => (float)v), [1, 1, 8, 8]), tensor(new long[] { time }), tensor(new long[] { 2 }));
            return [.. gradient.data<float>().ToArray().Select(v => 3.0 * v)];
        }

        var expected = SequentialSampler.Run(version, table, 11, 0, model == Rig.Plain ? null : 2, guidance ?? 1, gradient: Pull);
        var request = Request with { Model = model, Sampler = name, Guidance = guidance, Options = options };
        var guided = rig.Run(request).Values;
        Assert.InRange(Rig.Distance(expected, guided), 0, 1e-4f);
        Assert.True(Rig.Distance(rig.Run(request with { ClassifierScale = 0 }).Values, guided) > 1e-3f);
    }

    [Fact]
    public void Run_ScaleZero_IsTheUnguidedPictureToTheBit()
    {
        var zero = rig.Finish(Request with { ClassifierScale = 0 });
        Assert.Equal(rig.Run(Request with { Classifier = null, ClassifierScale = null }).Values, Rig.Result(zero).Values);
        Assert.Equal(1, zero.Request.Cost);
        Assert.Equal(3, rig.Finish(Request).Request.Cost);
    }

    [Fact]
    public void Run_AloneAndAmongOthers_NobodyChangesAnybody()
    {
        var strict = Request with { Steps = 3, Determinism = Determinism.Strict };
        var plain = strict with { Classifier = null, ClassifierScale = null };
        var (alone, plainAlone) = (rig.Run(strict).Values, rig.Run(plain).Values);
        var many = rig.Submit(strict with { Count = 12 });
        var beside = rig.Submit(plain);
        var ancestral = rig.Submit(strict with { Sampler = "ddpm", Seed = 5, ClassifierScale = 8 });
        rig.RunAll();
        Assert.Equal(alone, Rig.Picture(Rig.Result(many), 0));
        Assert.Equal(plainAlone, Rig.Result(beside).Values);
        Assert.Equal(GenerationState.Succeeded, ancestral.State);
    }

    [Fact]
    public void Gradients_ExactClassifier_MoveTheirOwnRowsByTheClosedForm()
    {
        set_num_threads(1);
        var law = new TwoModeDenoiser(LinearSchedule.Raw(1000), Mode: 0.6, Variance: 0.02);
        using var exact = new ExactClassifier(law);
        SamplerRow ddim = new() { TimeIndex = 399, P = 0, Q = 1, B = 1, G = 0.5 }, ancestral = new() { TimeIndex = 399, P = 0, Q = 1, B = 1, D = 0.3, E = 0.2, GuidesMean = true };
        RowInput Input(SamplerRow row, double? scale, int label = 1) => new(0, row, 0, 1, 0, null, 1, 0, scale is { } s ? new ClassifierTerm(exact, label, s, IsAlone: false) : null, FrameDemand.None);
        RowInput[] rows = [Input(ddim, null), Input(ddim, 2), Input(ancestral, 4, label: 0), Input(ancestral, null), Input(ancestral.AsLast(), 4)];
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 0.1f, -0.3f, 0.7f, 0.2f, 0.5f }, [5, 1, 1, 1]);
        SamplerRow[] table = [.. rows.Select(r => r.Row)];
        var (next, clean) = RowUpdate.Apply(table, x, zeros_like(x), null, null, null, gradient: ClassifierRows.Of(rows, x), v: full([5, 1, 1, 1], 0.5f));
        Assert.Equal([2], exact.Asked);
        Assert.Equal(0, clean[0].item<float>());
        Near.Absolute(0.5 * 2 * law.ClassScore(-0.3, 400, -1), clean[1].item<float>(), 1e-5, "x0 of ddim");
        Near.Absolute(0.09 * Math.Exp(2 * 0.2 * 0.5) * 4 * law.ClassScore(0.7, 400, 1), next[2].item<float>(), 1e-5, "mean of ddpm");
        Assert.Equal((0f, 0f, 0f), (clean[2].item<float>(), next[3].item<float>(), next[4].item<float>()));
    }

    [Theory]
    [InlineData("nobody", RefusalReason.Invalid, "There is no classifier 'nobody'; these fit model 'tiny-ddpm': tiny-classifier")]
    [InlineData("tiny-classifier@7", RefusalReason.Invalid, "tiny-classifier@7")]
    [InlineData(Rig.Plain, RefusalReason.Unsupported, "no noisy classifier")]
    [InlineData("other-schedule", RefusalReason.Unsupported, "schedule linear with 100 steps")]
    [InlineData("other-classes", RefusalReason.Unsupported, "knows 3 classes, and the model 10")]
    public void Submit_WrongClassifier_SaysWhatWouldWork(string name, RefusalReason reason, string text)
    {
        var refusal = Refused(Request with { Classifier = name });
        Assert.Equal((reason, "classifier"), (refusal.Reason, refusal.Errors.Single().Field));
        Assert.Contains(text, refusal.Message);
        Assert.Contains("tiny-classifier", refusal.Message);
    }

    [Fact]
    public void Submit_WhatDoesNotGoTogether_IsNamed()
    {
        Assert.Equal("classifierScale", Refused(Request with { ClassifierScale = -1 }).Errors.Single().Field);
        Assert.Equal("classifierScale", Refused(Request with { Classifier = null }).Errors.Single().Field);
        Assert.Equal("label", Refused(Request with { Labels = [], Guidance = null }).Errors.Single().Field);
        Assert.Equal("label", Refused(Request with { Model = Rig.Plain, Guidance = null, Labels = [10] }).Errors.Single().Field);
        Assert.Equal("guidance", Refused(Request with { Model = Rig.Plain, Guidance = 2 }).Errors.Single().Field);
        Assert.Contains("ddim, ddpm, dpmpp-2m", Refused(Request with { Model = Rig.Memory, Sampler = "dddm", Guidance = null }).Errors.Single(e => e.Field == "classifier").Message);
        Assert.Contains("makes no pictures", Refused(Request with { Model = Name, Classifier = null, ClassifierScale = null }).Errors.Single().Message);
        Assert.Empty(rig.Models.Describe(Name)!.Samplers);
    }

    [Fact]
    public void Submit_ModelThatNoSamplerGuidesByAClassifier_SaysSo()
    {
        TinyModels.Publish(rig.Store, "tiny-consistency", describe: m => m with { Prediction = Prediction.Consistency, Objective = "consistency" });
        rig.Models.Refresh();
        var message = Refused(Request with { Model = "tiny-consistency", Sampler = "consistency", Steps = 2 }).Errors.First(e => e.Field == "classifier").Message;
        Assert.EndsWith("takes no classifier; nor does any other that can serve this model.", message, StringComparison.Ordinal);
    }

    public void Dispose() => rig.Dispose();

    private GenerationRefusedException Refused(GenerationRequest request) => Assert.Throws<GenerationRefusedException>(() => rig.Submit(request));

    /// <summary>log p(mode | x_t) of the two modes; class 0 is +.</summary>
    private sealed class ExactClassifier(TwoModeDenoiser law) : ILoadedClassifier
    {
        public long Bytes => 0;

        /// <summary>How many rows it was asked about, each time.</summary>
        public List<long> Asked { get; } = [];

        public Tensor Gradient(Tensor x, Tensor timeIndex, Tensor labels)
        {
            Asked.Add(x.shape[0]);
            return Guidance.ClassifierGuidance.Gradient(at =>
            {
                var flat = at.flatten(1);
                var (alpha, twice) = (law.Schedule.Alpha(400) * law.Mode, 2 * law.TotalVariance(400));
                return cat([flat.sub(alpha).square().div(-twice), flat.add(alpha).square().div(-twice)], 1);
            }, x, labels);
        }

        public void Dispose() { }
    }
}
