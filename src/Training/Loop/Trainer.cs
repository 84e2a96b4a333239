using Diffusion.Noise;
using Diffusion.Training.Jobs;
using Diffusion.Training.Objectives;
using Diffusion.Training.Runs;
using TorchSharp;
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
    private readonly RoundPlan rounds;
    private readonly ITrainee trainee;
    private readonly nn.Module network;
    private readonly IObjective objective;
    private readonly BatchSource source;
    private readonly TimeProvider time;
    private readonly AdamW optimizer;
    private readonly MovingAverage average;
    private readonly Descent descent;
    private readonly TrainingState state;
    private readonly MetricsLog metrics;
    private readonly Dictionary<string, double> figures = new(StringComparer.Ordinal);
    private double loss;

    public Trainer(TrainingJob job, EpochPlan plan, RoundPlan rounds, ITrainee trainee, BatchSource source, RunFolder folder, TimeProvider time)
    {
        (this.job, this.plan, this.rounds, this.trainee, this.source, this.time) = (job, plan, rounds, trainee, source, time);
        (network, objective) = (trainee.Network, trainee.Objective);
        optimizer = new AdamW(network.named_parameters(), job.Optimizer);
        average = new MovingAverage(network, trainee.Average, job.Average);
        descent = new Descent(network, optimizer, average, job.Optimizer);
        state = new TrainingState(folder.State, network, trainee.Average, optimizer, objective);
        metrics = new MetricsLog(folder.Metrics);
        trainee.Average.eval();
    }

    /// <summary>Called after each logged step.</summary>
    public Action<TrainingProgress>? Report { get; init; }

    /// <summary>What to do besides, asked for between two steps; null where nobody can ask.</summary>
    public RunOrders? Orders { get; init; }

    /// <summary>How the run is validated; null if it is not.</summary>
    public Validation? Validation { get; init; }

    /// <summary>Called when training begins, and with each resume point, grid and version.</summary>
    public Action<RunNews>? Tell { get; init; }

    /// <summary>Trains to the end of the plan, or to the end of the step in which <paramref name="stop"/> is set; saves in both cases.</summary>
    /// <returns>Steps done.</returns>
    /// <exception cref="TrainingDivergedException">The loss or the gradient is not finite; nothing is saved.</exception>
    public int Run(CancellationToken stop)
    {
        var first = Resume();
        var started = time.GetTimestamp();
        Say(RunMoment.Began, first);
        network.train();
        for (var step = first; step < plan.Steps; step++)
        {
            var done = step;
            if (stop.IsCancellationRequested)
            {
                Save(step);
                return step;
            }
            Orders?.Serve(order => Obey(order, done));
            // the memory of the epoch before last is about to be written over: no older resume point may be needed
            if (step > first && step % plan.StepsPerEpoch == 0) Save(step);
            if (rounds.Begins(step)) BeginRound(step, isSaved: step == first);
            var batch = source.Take(step);
            var (rate, norm) = Step(batch);
            After(step + 1, rate, norm, first, started);
        }
        if (plan.Steps > first) Save(plan.Steps);
        return plan.Steps;
    }

    public void Dispose()
    {
        metrics.Dispose();
        optimizer.Dispose();
    }

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

    /// <summary>
    /// Publishes what the last round has made and goes on from it. The resume point is that before all this, so whoever is killed on the way
    /// does it again, to the same end.
    /// </summary>
    private void BeginRound(int step, bool isSaved)
    {
        if (!isSaved) Save(step);
        Publish(step);
        average.CopyBack();
        optimizer.Reset();
        objective.BeginRound(rounds.Of(step));
    }

    private (double Rate, double Norm) Step(TrainingBatch batch)
    {
        using var scope = NewDisposeScope();
        var round = rounds.Of(batch.Step);
        var within = batch.Step - round.Start;
        DropoutSeed.Set((long)(SeededNoise.Uniform(job.Seed, 0, (uint)batch.Step, NoisePurpose.Dropout) * (1L << 52)));
        descent.Forget();
        var number = Backward(batch);
        var norm = descent.Clip();
        if (!double.IsFinite(norm)) throw new TrainingDivergedException(batch.Step, "gradient norm", norm);
        var rate = LearningRate.At(job.Optimizer, within, round.Length);
        descent.Step(within, rate);
        var memory = Math.Min(LossMemory, within / (within + 1.0));
        loss = memory * loss + (1 - memory) * number;
        return (rate, norm);
    }

    /// <summary>The gradient of the batch's mean loss, summed over its parts; the mean loss itself.</summary>
    private double Backward(TrainingBatch batch)
    {
        var (total, parts) = (0.0, Math.Min(job.Optimizer.Accumulate, batch.Count));
        figures.Clear();
        for (var part = 0; part < parts; part++)
        {
            using var scope = NewDisposeScope();
            var images = batch.Part(part * batch.Count / parts, (part + 1) * batch.Count / parts);
            var value = objective.Loss(images);
            var (number, share) = ((double)value.item<float>(), (double)images.Count / batch.Count);
            if (!double.IsFinite(number)) throw new TrainingDivergedException(batch.Step, "loss", number);
            using var weight = share.ToScalar();
            (parts == 1 ? value : value.mul(weight)).backward();
            trainee.Recomputation?.Backward();
            objective.Commit(images);
            total += share * number;
            foreach (var (name, figure) in objective.Figures) figures[name] = figures.GetValueOrDefault(name) + share * figure;
        }
        return total;
    }

    private void After(int done, double rate, double norm, int first, long started)
    {
        // a chain shows what each of its rounds comes to
        var ends = rounds.Count > 1 && rounds.Ends(done);
        var validated = Validation is not null && (Due(job.Every.Validate) || ends || done == plan.Steps) ? Validation.Run(objective) : null;
        if (validated is not null || done % job.Every.Log == 0 || done == plan.Steps) Log(done, rate, norm, first, started, validated);
        if (done < plan.Steps && done % job.Every.Checkpoint == 0) Save(done);
        if (Due(job.Every.Sample) || (ends && job.Every.Sample > 0)) Sample(done);
        if (done < plan.Steps && Due(job.Every.Publish)) Publish(done);

        bool Due(int every) => every > 0 && done % every == 0;
    }

    private void Log(int done, double rate, double norm, int first, long started, IReadOnlyDictionary<string, double>? validated)
    {
        var images = plan.ImagesBefore(done);
        var seconds = time.GetElapsedTime(started).TotalSeconds;
        var speed = seconds > 0 ? (images - plan.ImagesBefore(first)) / seconds : 0;
        var left = speed > 0 ? TimeSpan.FromSeconds((plan.ImagesBefore(plan.Steps) - images) / speed) : TimeSpan.Zero;
        var all = new Dictionary<string, double>(figures);
        foreach (var (name, figure) in validated ?? new Dictionary<string, double>()) all[name] = figure;
        var progress = new TrainingProgress(done, plan.Steps, images, loss, rate, norm, speed, left, all);
        metrics.Add(progress);
        Report?.Invoke(progress);
    }

    private void Save(int done)
    {
        objective.Flush();
        metrics.Flush();
        state.Save(done, loss);
        Say(RunMoment.Saved, done);
    }

    private RunNews Obey(RunOrder order, int done)
    {
        if (order == RunOrder.Sample) return Sample(done);
        Save(done);
        return order == RunOrder.Publish ? Publish(done) : new RunNews(RunMoment.Saved, done, plan.Steps);
    }

    private RunNews Sample(int done)
    {
        trainee.Sample(done);
        return Say(RunMoment.Sampled, done);
    }

    private RunNews Publish(int done) => Say(RunMoment.Published, done, trainee.Publish(done, plan.ImagesBefore(done)));

    private RunNews Say(RunMoment moment, int done, int? version = null)
    {
        var news = new RunNews(moment, done, plan.Steps, version);
        Tell?.Invoke(news);
        return news;
    }
}
