using System.Collections.Immutable;

namespace Diffusion.Samplers;

/// <summary>
/// DDIM run upwards (Song et al. 2021, section 5.4): from an image to the x_T that DDIM with eta 0 decodes to about
/// that image; the error falls as 1/steps.
/// </summary>
public static class DdimInversion
{
    /// <summary>The sampler whose way it goes back.</summary>
    public const string Sampler = "ddim";

    /// <summary>
    /// Rows from a clean image at t = 0 up to the time where the way down with the same step count and spacing
    /// starts. Unlike a sampler's, the last row leaves x_T.
    /// </summary>
    /// <param name="model">The model; its estimate is not clipped, for clipping cannot be undone.</param>
    /// <param name="options">Options of <c>ddim</c>: step count and spacing of the way down.</param>
    /// <exception cref="SamplingOptionException">eta is not 0, or the step count does not fit the model.</exception>
    public static SamplerTable Compile(DenoiserTraits model, SamplingOptions options)
    {
        if (options.Number(DdimSampler.Eta) != 0) throw new SamplingOptionException("eta", "eta must be 0: only the deterministic sampler can be inverted.");
        var times = DdimSampler.Times(model, options);
        var rows = ImmutableArray.CreateBuilder<SamplerRow>(times.Length);
        rows.Add(FromImage(model, times[0]));
        for (var k = 1; k < times.Length; k++) rows.Add(Step(model, times[k - 1], times[k]));
        return new SamplerTable(rows.MoveToImmutable());
    }

    /// <summary>The t in 1..T where such a way up ends, and the way down begins.</summary>
    /// <exception cref="SamplingOptionException">The step count does not fit the model.</exception>
    public static int EndTime(DenoiserTraits model, SamplingOptions options) => DdimSampler.Times(model, options)[^1];

    /// <summary>x_t = alpha_t x0 + sigma_t eps, both estimated at s &lt; t.</summary>
    private static SamplerRow Step(DenoiserTraits model, int s, int t)
    {
        var (p, q) = model.Prediction.ToClean(model.Schedule, s);
        var growth = model.Schedule.Sigma(t) / model.Schedule.Sigma(s);
        return new SamplerRow { TimeIndex = s - 1, P = p, Q = q, A = growth, B = model.Schedule.Alpha(t) - growth * model.Schedule.Alpha(s) };
    }

    // the image itself is x0 and needs no estimate; eps is what the network sees in it at its lowest time, t = 1
    private static SamplerRow FromImage(DenoiserTraits model, int t)
    {
        var (p, q) = model.Prediction.ToClean(model.Schedule, 1);
        var growth = model.Schedule.Sigma(t) / model.Schedule.Sigma(1);
        return new SamplerRow { TimeIndex = 0, P = p, Q = q, A = model.Schedule.Alpha(t) + growth, B = -growth * model.Schedule.Alpha(1) };
    }
}
