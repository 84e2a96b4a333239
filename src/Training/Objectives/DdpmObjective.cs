using System.Collections.ObjectModel;
using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>
/// L_simple of DDPM (Ho et al. 2020, eq. 14): t uniform, and the noise that made x_t is what the network has to name;
/// or the image, or v = alpha z - sigma x_0 (Salimans and Ho 2022), as the job says.
/// </summary>
internal sealed class DdpmObjective(DenoiserJob job, NoiseSchedule schedule, UNet network, UNet average, Device device) : IObjective
{
    private readonly Distance distance = new(job.Objective.Loss);
    private readonly Inputs inputs = new(job.Network, device);
    private readonly Func<int, double>? weights = TimeWeights.Of(job.Objective.Loss, job.Objective.Prediction, schedule);

    public IReadOnlyDictionary<string, double> Figures => ReadOnlyDictionary<string, double>.Empty;

    public Tensor Loss(TrainingBatch batch) => Loss(network, batch);

    public (double Loss, IReadOnlyDictionary<string, double> Figures) Validate(TrainingBatch batch)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        return (Loss(average, batch).item<float>(), ReadOnlyDictionary<string, double>.Empty);
    }

    public void Commit(TrainingBatch batch) { }

    public void Flush() { }

    public void Dispose() => distance.Dispose();

    private Tensor Loss(UNet net, TrainingBatch batch) =>
        distance.Mean(inputs.Evaluate(net, batch, inputs.Images(batch.Noisy)), inputs.Images(Target(batch)), weights is null ? null : inputs.PerImage(batch.Times.Select(weights)));

    private float[] Target(TrainingBatch batch) => job.Objective.Prediction switch
    {
        Prediction.Epsilon => batch.Noise,
        Prediction.X0 => batch.Clean,
        Prediction.V => Mix(batch, t => (schedule.Alpha(t), -schedule.Sigma(t))),
        // x_t - x_0
        Prediction.Residual => Mix(batch, t => (schedule.Sigma(t), schedule.Alpha(t) - 1)),
        var other => throw new ArgumentOutOfRangeException(nameof(batch), other, "Unknown prediction."),
    };

    private static float[] Mix(TrainingBatch batch, Func<int, (double Noise, double Clean)> weights)
    {
        var target = new float[batch.Clean.Length];
        var pixels = target.Length / batch.Count;
        for (var i = 0; i < target.Length; i++)
        {
            var (noise, clean) = weights(batch.Times[i / pixels]);
            target[i] = (float)(noise * batch.Noise[i] + clean * batch.Clean[i]);
        }
        return target;
    }
}
