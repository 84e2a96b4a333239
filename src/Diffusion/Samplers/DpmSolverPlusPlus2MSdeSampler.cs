namespace Diffusion.Samplers;

/// <summary>
/// SDE-DPM-Solver++(2M) (Lu et al. 2022): the reverse SDE in the data prediction, where x_0 is extrapolated from the last two estimates
/// as in DPM-Solver++(2M). With lambda = ln(alpha / sigma) and h its step, x_t = sigma_t / sigma_s e^-h x + alpha_t (1 - e^-2h) D
/// + sigma_t sqrt(1 - e^-2h) z, which without the extrapolation is DDIM with eta 1.
/// </summary>
internal sealed class DpmSolverPlusPlus2MSdeSampler : ISampler
{
    public string Name => "dpmpp-2m-sde";

    public string Summary => "Second-order sampling with the noise of DDPM; 15 to 50 steps is the usual range.";

    public string Paper => "Lu et al. 2022 (DPM-Solver++)";

    public string Equations => "algorithm 2 for the SDE: SDE-DPM-Solver++(2M)";

    public string UseWhen => "The variety of ddpm in tens of evaluations; for fewer than 15, or to have the same picture of the same noise, dpmpp-2m.";

    public IReadOnlyList<SamplerOption> Options { get; } = [TimeSpacing.Option, CleanClip.Option];

    public SamplerTable Compile(DenoiserTraits model, SamplingOptions options) =>
        DpmSolverPlusPlus2MSampler.Table(model, DdimSampler.Times(model, options), CleanClip.Clips(options), eta: 1);
}
