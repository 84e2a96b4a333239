using System.Collections.ObjectModel;
using Diffusion.Networks;
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
        distance.Mean(inputs.Evaluate(net, batch, inputs.Images(batch.Noisy)), inputs.Images(PredictionTarget.Of(batch, job.Objective.Prediction, schedule)), weights is null ? null : inputs.PerImage(batch.Times.Select(weights)));
}
