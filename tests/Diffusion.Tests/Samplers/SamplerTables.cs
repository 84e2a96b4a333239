using Diffusion.Samplers;
using Diffusion.Schedules;

namespace Diffusion.Tests.Samplers;

/// <summary>Shorthand of the sampler tests.</summary>
internal static class SamplerTables
{
    public static readonly NoiseSchedule Linear = LinearSchedule.Raw(1000);

    public static SamplerTable Compile(string sampler, DenoiserTraits model, int steps, params (string Name, string Value)[] options)
    {
        var found = SamplerCatalog.Find(sampler)!;
        return found.Compile(model, new SamplingOptions(found, steps, options.ToDictionary(o => o.Name, o => o.Value)));
    }
}
