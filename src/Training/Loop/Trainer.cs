using Diffusion.Noise;
using Diffusion.Training.Jobs;
using Diffusion.Training.Objectives;
using Diffusion.Training.Runs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Training.Loop;

/// <summary>
/// The training loop. Synchronous, on one thread; every step is one dispose scope, and all that is random in a step
/// comes from (seed, image, step), so a resumed run ends in the same bytes as one that was never stopped.
/// </summary>
internal sealed class Trainer : IDisposable
{
    private const double LossMemory = 0.99;

    private readonly TrainingJob job;
    private readonly EpochPlan plan;
    private readonly ITrainee trainee;
    private readonly nn.Module network;
    private readonly IObjective objective;
    private readonly BatchSource source;
    private readonly TimeProvider time;
    private readonly Parameter[] parameters;
    private readonly AdamW optimizer;
    private readonly MovingAverage average;
    private readonly TrainingState state;
    private readonly MetricsLog metrics;
    private double loss;

    public Trainer(TrainingJob job, EpochPlan plan, ITrainee trainee, BatchSource source, RunFolder folder, TimeProvider time)
    {
        (this.job, this.plan, this.trainee, this.source, this.time) = (job, plan, trainee, source, time);
        (network, objective) = (trainee.Network, trainee.Objective);
        parameters = [.. network.parameters()];
        optimizer = new AdamW(network.named_parameters(), job.Optimizer);
        average = new MovingAverage(network, trainee.Average, job.EmaDecay);
        state = new TrainingState(folder.State, network, trainee.Average, optimizer);
        metrics = new MetricsLog(folder.Metrics);
        trainee.Average.eval();
    }

    /// <summary>Called after each logged step.</summary>
    public Action<TrainingProgress>? Report { get; init; }

    /// <summary>Trains to the end of the plan, or to the end of the step in which <paramref name="stop"/> is set; saves in both cases.</summary>
    /// <returns>Steps done.</returns>
    /// <exception cref="TrainingDivergedException">The loss or the gradient is not finite; nothing is saved.</exception>
    public int Run(CancellationToken stop)
    {
        var first = Resume();
        var started = time.GetTimestamp();
        network.train();
        for (var step = first; step < plan.Steps; step++)
        {
            if (stop.IsCancellationRequested)
            {
                Save(step);
                return step;
            }
            // the memory of the epoch before last is about to be written over: no older resume point may be needed
            if (step > first && step % plan.StepsPerEpoch == 0) Save(step);
            var batch = source.Take(step);
            var (rate, norm) = Step(batch);
            After(step + 1, rate, norm, first, started);
        }
        if (plan.Steps > first) Save(plan.Steps);
        return plan.Steps;
    }

    public void Dispose() => optimizer.Dispose();

    private int Resume()
    {
        if (state.Load() is not { } saved)
        {
            average.Copy();
            metrics.ResumeAt(-1);
            return 0;
        }
        loss = saved.Loss;
        metrics.ResumeAt(saved.Step);
        return saved.Step;
    }

    private (double Rate, double Norm) Step(TrainingBatch batch)
    {
        using var scope = NewDisposeScope();
        random.manual_seed((long)(SeededNoise.Uniform(job.Seed, 0, (uint)batch.Step, NoisePurpose.Dropout) * (1L << 52)));
        network.zero_grad();
        var value = objective.Loss(batch);
        var number = (double)value.item<float>();
        if (!double.IsFinite(number)) throw new TrainingDivergedException(batch.Step, "loss", number);
        value.backward();
        var norm = Gradients.Clip(parameters, job.Optimizer.ClipNorm);
        if (!double.IsFinite(norm)) throw new TrainingDivergedException(batch.Step, "gradient norm", norm);
        var rate = LearningRate.At(job.Optimizer, batch.Step, plan.Steps);
        optimizer.Step(batch.Step + 1, rate);
        average.Update(batch.Step);
        objective.Commit(batch);
        var memory = Math.Min(LossMemory, batch.Step / (batch.Step + 1.0));
        loss = memory * loss + (1 - memory) * number;
        return (rate, norm);
    }

    private void After(int done, double rate, double norm, int first, long started)
    {
        if (done % job.Every.Log == 0 || done == plan.Steps) Tell(done, rate, norm, first, started);
        if (done < plan.Steps && done % job.Every.Checkpoint == 0) Save(done);
        if (Due(job.Every.Sample)) trainee.Sample(done);
        if (done < plan.Steps && Due(job.Every.Publish)) trainee.Publish(done, plan.ImagesBefore(done));

        bool Due(int every) => every > 0 && done % every == 0;
    }

    private void Tell(int done, double rate, double norm, int first, long started)
    {
        var images = plan.ImagesBefore(done);
        var seconds = time.GetElapsedTime(started).TotalSeconds;
        var speed = seconds > 0 ? (images - plan.ImagesBefore(first)) / seconds : 0;
        var left = speed > 0 ? TimeSpan.FromSeconds((plan.ImagesBefore(plan.Steps) - images) / speed) : TimeSpan.Zero;
        var progress = new TrainingProgress(done, plan.Steps, images, loss, rate, norm, speed, left, objective.Figures);
        metrics.Add(progress);
        Report?.Invoke(progress);
    }

    private void Save(int done)
    {
        objective.Flush();
        state.Save(done, loss);
    }
}
