using Diffusion.Schedules;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>
/// Makes one output of two, of an image x and a noise e (Salimans and Ho 2022, section 4, "predicting both"): alpha e - sigma x. Read as
/// <see cref="Samplers.Prediction.V"/> that is x_0 = sigma^2 x + alpha (x_t - sigma e), the paper's mixture of the two images that the outputs
/// stand for, so that nobody behind the network needs to know of two. Where variance explodes the same holds of x_t / sqrt(1 + sigma^2).
/// </summary>
internal sealed class OutputMixing : IDisposable
{
    private readonly TimeTable alphas, sigmas;

    /// <param name="schedule">Where alpha_t and sigma_t come from.</param>
    public OutputMixing(NoiseSchedule schedule)
    {
        alphas = new([.. Enumerable.Range(1, schedule.Steps).Select(t => (float)schedule.Alpha(t))]);
        sigmas = new([.. Enumerable.Range(1, schedule.Steps).Select(t => (float)schedule.Sigma(t))]);
    }

    /// <param name="both">x, then e, [B, 2C, H, W].</param>
    /// <param name="timeIndex">[B], any number type.</param>
    /// <returns>[B, C, H, W].</returns>
    public Tensor Apply(Tensor both, Tensor timeIndex)
    {
        using var scope = NewDisposeScope();
        var channels = both.shape[1] / 2;
        var (image, noise) = (both.narrow(1, 0, channels), both.narrow(1, channels, channels));
        return noise.mul(alphas.Of(timeIndex)).addcmul(image, sigmas.Of(timeIndex), Scalars.MinusOne).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        alphas.Dispose();
        sigmas.Dispose();
    }
}
