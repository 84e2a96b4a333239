using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>
/// DDDM (Zhang et al. 2024, algorithm 1): the network estimates x_0 from x_t and from its own last estimate of the
/// same image, which is then replaced by the new one; the loss is the Pseudo-Huber distance to the image.
/// </summary>
/// <remarks>
/// Two options beyond the paper, both off in the published recipe. <c>memoryRefresh</c> shows fresh noise instead of
/// the memory with some probability, because that is what the first evaluation of a sample is shown; without it the
/// network learns to trust a memory that sampling does not have. <c>consistency</c> changes the target, see
/// <see cref="ConsistencyTarget"/>.
/// </remarks>
internal sealed class DddmObjective : IObjective
{
    private readonly DenoiserJob job;
    private readonly NoiseSchedule schedule;
    private readonly UNet network;
    private readonly SampleMemory memory;
    private readonly Distance distance;
    private readonly Inputs inputs;
    private readonly ConsistencyTarget? consistency;
    private float[] estimates = [];

    public DddmObjective(DenoiserJob job, NoiseSchedule schedule, UNet network, UNet average, SampleMemory memory, Device device)
    {
        (this.job, this.schedule, this.network, this.memory) = (job, schedule, network, memory);
        distance = new Distance(job.Objective.Loss);
        inputs = new Inputs(job.Network, device);
        if (job.Objective.Consistency is { } settings)
            consistency = new ConsistencyTarget(settings, schedule, job.Objective.Prediction, settings.FromAverage ? average : network, inputs);
    }

    public IReadOnlyDictionary<string, double> Figures { get; private set; } = new Dictionary<string, double>();

    public Tensor Loss(TrainingBatch batch)
    {
        var shown = Memory(batch);
        var noisy = inputs.Images(batch.Noisy);
        var remembered = inputs.Images(shown);
        var estimate = Clean(job.Objective.Prediction, schedule, inputs, batch.Times, noisy, inputs.Evaluate(network, batch, noisy, remembered));
        var target = inputs.Images(consistency?.Of(batch, shown) ?? batch.Clean);
        estimates = ToArray(estimate);
        Figures = new Dictionary<string, double> { ["copyScore"] = Statistics.Correlation(estimates, shown) };
        return distance.Mean(estimate, target);
    }

    public void Commit(TrainingBatch batch)
    {
        var pixels = estimates.Length / batch.Count;
        for (var i = 0; i < batch.Count; i++) memory.Write(batch.Indices[i], batch.Epoch, estimates.AsSpan(i * pixels, pixels));
    }

    public void Flush() => memory.Flush();

    public void Dispose()
    {
        distance.Dispose();
        memory.Dispose();
    }

    /// <summary>x_0 = P x_t + Q out, each image at its own t.</summary>
    internal static Tensor Clean(Prediction prediction, NoiseSchedule schedule, Inputs inputs, int[] times, Tensor noisy, Tensor output)
    {
        if (prediction == Prediction.Residual) return noisy.add(output, Scalars.MinusOne);
        var maps = Array.ConvertAll(times, t => prediction.ToClean(schedule, t));
        return noisy.mul(inputs.PerImage(maps.Select(m => m.P))).add(output.mul(inputs.PerImage(maps.Select(m => m.Q))), Scalars.One);
    }

    internal static float[] ToArray(Tensor images)
    {
        using var data = images.detach().cpu().data<float>();
        return data.ToArray();
    }

    private float[] Memory(TrainingBatch batch)
    {
        var shown = new float[batch.Clean.Length];
        var pixels = shown.Length / batch.Count;
        for (var i = 0; i < batch.Count; i++)
        {
            var image = (uint)batch.Indices[i];
            var row = shown.AsSpan(i * pixels, pixels);
            if (Refreshes(image, batch.Step)) SeededNoise.Normal(job.Seed, image, (uint)batch.Step + 1, NoisePurpose.Memory, row);
            else memory.Read(batch.Indices[i], batch.Epoch, row);
        }
        return shown;
    }

    private bool Refreshes(uint image, int step) => job.Objective.MemoryRefresh > 0
        && SeededNoise.Uniform(job.Seed, image, (uint)step, NoisePurpose.MemoryRefresh) < job.Objective.MemoryRefresh;
}
