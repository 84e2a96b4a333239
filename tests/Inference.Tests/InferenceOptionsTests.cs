using Diffusion.Inference.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Tests;

public class InferenceOptionsTests
{
    [Fact]
    public void Validate_WrongSettings_NamesEveryOne()
    {
        var wrong = Assert.Throws<OptionsValidationException>(() => new Rig(("Device", "tpu"), ("MaxBatchRows", 1), ("MaxCount", 0)));
        Assert.Contains(wrong.Failures, f => f.Contains("Device"));
        Assert.Contains(wrong.Failures, f => f.Contains("MaxBatchRows"));
        Assert.Contains(wrong.Failures, f => f.Contains("MaxCount"));
    }

    [Fact]
    public void Defaults_AreValid()
    {
        using var rig = new Rig();
        var options = rig.Services.GetRequiredService<IOptions<InferenceOptions>>().Value;
        Assert.Equal([Rig.Labelled, Rig.Memory], options.DefaultModels);
        Assert.NotNull(rig.Services.GetRequiredService<GenerationService>());
    }
}
