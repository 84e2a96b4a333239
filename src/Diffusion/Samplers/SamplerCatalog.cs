namespace Diffusion.Samplers;

/// <summary>Every sampler by name. Adding one: one file, one line here, one test file.</summary>
public static class SamplerCatalog
{
    /// <summary>All samplers, in the order they are shown.</summary>
    public static IReadOnlyList<ISampler> All { get; } =
    [
        new DdimSampler(),
        new DdpmSampler(),
        new DpmSolverPlusPlus2MSampler(),
        new DpmSolverPlusPlus2MSdeSampler(),
        new EulerSampler(),
        new HeunSampler(),
        new PredictorCorrectorSampler(),
        new AnnealedLangevinSampler(),
        new DddmSampler(),
        new ConsistencySampler(),
    ];

    /// <summary>The sampler of that name, or null.</summary>
    public static ISampler? Find(string name) => All.FirstOrDefault(s => s.Name == name);
}
