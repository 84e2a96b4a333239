using Diffusion.Inference.Jobs;
using Diffusion.Samplers;

namespace Diffusion.Inference.Tests.Jobs;

public sealed class RequestValidatorTests : IDisposable
{
    private readonly Rig rig = new(("MaxCount", 16), ("MaxSteps", 80));

    [Fact]
    public void Submit_Nothing_TakesTheFirstDefaultModelAndItsDefaults()
    {
        var generation = rig.Service.Submit(new GenerationRequest());
        Assert.Equal((Rig.Labelled, 1, "ddim", 5, 1, 1.0), (generation.Model, generation.Version, generation.Sampler, generation.Steps, generation.Count, generation.Guidance));
        Assert.NotEqual(generation.Seed, rig.Service.Submit(new GenerationRequest()).Seed);
    }

    [Fact]
    public void Submit_SamplerThatNeedsAMemory_TakesTheDefaultModelThatHasOne()
    {
        var generation = rig.Service.Submit(new GenerationRequest { Sampler = "dddm" });
        Assert.Equal((Rig.Memory, 2), (generation.Model, generation.Steps));
    }

    [Fact]
    public void Submit_ManyWrongFields_NamesEveryOneWithWhatIsAllowed()
    {
        var refusal = Refused(new GenerationRequest
        {
            Model = Rig.Labelled,
            Sampler = "ddim",
            Steps = 0,
            Count = 17,
            Labels = [3, 10],
            Guidance = -1,
            Options = new Dictionary<string, string> { ["eta"] = "2", ["colour"] = "red" },
        });
        Assert.Equal(RefusalReason.Invalid, refusal.Reason);
        Assert.Equal(["colour", "eta", "guidance", "label", "n", "steps"], refusal.Errors.Select(e => e.Field).Order());
        Assert.Contains("1..16", Message(refusal, "n"));
        Assert.Contains("1..80", Message(refusal, "steps"));
        Assert.Contains("0..9", Message(refusal, "label"));
        Assert.Contains("0..20", Message(refusal, "guidance"));
        Assert.Contains("0..1", Message(refusal, "eta"));
        Assert.Contains("spacing", Message(refusal, "colour"));
    }

    [Fact]
    public void Submit_UnknownSampler_ListsTheSamplers()
    {
        var refusal = Refused(new GenerationRequest { Sampler = "none-such", Count = 0 });
        Assert.Equal(RefusalReason.Invalid, refusal.Reason);
        Assert.Contains(string.Join(", ", SamplerCatalog.All.Select(s => s.Name)), Message(refusal, "sampler"));
        Assert.Contains(refusal.Errors, e => e.Field == "n");
    }

    [Theory]
    [InlineData("nobody", "tiny-dddm, tiny-ddpm, tiny-plain")]
    [InlineData("tiny-ddpm@7", "versions: 1")]
    [InlineData("tiny-ddpm@prod", "versions: 1")]
    [InlineData("tiny-ddpm@", "versions: 1")]
    [InlineData("../tiny-ddpm", "tiny-plain")]
    public void Submit_UnknownModel_ListsWhatThereIs(string model, string listed)
    {
        var refusal = Refused(new GenerationRequest { Model = model });
        Assert.Equal(RefusalReason.UnknownModel, refusal.Reason);
        Assert.Contains(listed, Message(refusal, "model"));
    }

    [Fact]
    public void Submit_SamplerThatCannotServeTheModel_SaysWhatWould()
    {
        var refusal = Refused(new GenerationRequest { Model = Rig.Labelled, Sampler = "dddm" });
        Assert.Equal(RefusalReason.Unsupported, refusal.Reason);
        Assert.Contains("ddim, ddpm", Message(refusal, "sampler"));
    }

    [Fact]
    public void Submit_LabelForAModelWithoutClasses_IsUnsupported()
    {
        var refusal = Refused(new GenerationRequest { Model = Rig.Plain, Labels = [1] });
        Assert.Equal(RefusalReason.Unsupported, refusal.Reason);
        Assert.Contains("no labels", Message(refusal, "label"));
    }

    [Fact]
    public void Submit_GuidanceWithoutLabel_IsInvalid() =>
        Assert.Contains("label", Message(Refused(new GenerationRequest { Guidance = 3 }), "guidance"));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(20.5)]
    public void Submit_GuidanceOutOfRange_IsInvalid(double guidance) =>
        Assert.Contains("0..20", Message(Refused(new GenerationRequest { Guidance = guidance, Labels = [1] }), "guidance"));

    [Fact]
    public void Submit_StepsThatTheSpacingCannotPlace_NamesSteps()
    {
        var request = new GenerationRequest { Sampler = "ddim", Steps = 70, Options = new Dictionary<string, string> { ["spacing"] = "quadratic" } };
        Assert.Contains("quadratic", Message(Refused(request), "steps"));
    }

    [Fact]
    public void Submit_RefusedRequest_HoldsNoModel()
    {
        TakeAndDrop();
        rig.Watcher.LoadWanted();
        var refusal = Refused(new GenerationRequest { Model = $"{Rig.Plain}@1", Steps = 0 });
        Assert.Equal(RefusalReason.Invalid, refusal.Reason);
        Assert.Equal(0, rig.Service.Snapshot().Generations);

        void TakeAndDrop() => rig.Models.Acquire(Rig.Plain, "1")!.Dispose();
    }

    [Fact]
    public void Submit_LabelsInTurn_AreRepeatedOverThePictures()
    {
        var result = rig.Run(new GenerationRequest { Labels = [4, 6], Count = 3, Steps = 1 });
        Assert.Equal([4, 6, 4], result.Labels.Select(l => l!.Value));
    }

    public void Dispose() => rig.Dispose();

    private GenerationRefusedException Refused(GenerationRequest request) =>
        Assert.Throws<GenerationRefusedException>(() => rig.Service.Submit(request));

    private static string Message(GenerationRefusedException refusal, string field) => refusal.Errors.Single(e => e.Field == field).Message;
}
