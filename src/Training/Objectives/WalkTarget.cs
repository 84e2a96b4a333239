using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>
/// Distillation of the <c>dddm</c> walk (after progressive distillation, Salimans and Ho 2022): the target is the x_0
/// with which one step of a walk of few evaluations lands where a frozen teacher lands with several.
/// </summary>
/// <remarks>
/// All steps are rows x_s = A x_t + B x_0 of the samplers' own tables. A step's B is the sum of what its parts add, so
/// the target x* = (x_s - A x_t) / B is a weighted mean of the teacher's estimates: in [-1, 1] like them, without
/// being clipped. The x_t of a sample is one the walk comes by: the network's own step from the time before, with the
/// estimate of that step as memory; and for a refreshed memory, or at the walk's first time, the noisy image itself.
/// </remarks>
internal sealed class WalkTarget : IDisposable
{
    private readonly WalkTargetSettings settings;
    private readonly ulong seed;
    private readonly NoiseSchedule schedule;
    private readonly CleanEstimator own, estimator;
    private readonly Denoiser teacher;
    private readonly Inputs inputs;
    private readonly Walk[] walks;

    /// <param name="settings">Of the job.</param>
    /// <param name="seed">Key of what is drawn.</param>
    /// <param name="student">What is trained.</param>
    /// <param name="own">Its estimates.</param>
    /// <param name="teacher">Of the same schedule; disposed with this.</param>
    /// <param name="inputs">Numbers as tensors.</param>
    /// <exception cref="SamplingOptionException">The schedule has not that many times.</exception>
    public WalkTarget(WalkTargetSettings settings, ulong seed, DenoiserTraits student, CleanEstimator own, Denoiser teacher, Inputs inputs)
    {
        (this.settings, this.seed, this.own, this.teacher, this.inputs) = (settings, seed, own, teacher, inputs);
        schedule = student.Schedule;
        estimator = new CleanEstimator(teacher.Network, teacher.Manifest.Prediction, schedule, inputs);
        walks = [.. settings.Evaluations.Select(n => new Walk(Rows(student, n), Rows(teacher.Manifest.Traits, n * settings.Substeps)))];
    }

    /// <summary>Where on a walk each image of a batch is trained; null for one that is trained as ever.</summary>
    public WalkPlace?[] Places(TrainingBatch batch)
    {
        var places = new WalkPlace?[batch.Count];
        Span<double> three = stackalloc double[3];
        for (var i = 0; i < places.Length; i++)
        {
            SeededNoise.Uniform(seed, (uint)batch.Indices[i], (uint)batch.Step, NoisePurpose.WalkTarget, three);
            var walk = (int)(three[1] * walks.Length);
            if (three[0] < settings.Share) places[i] = new WalkPlace(walk, (int)(three[2] * walks[walk].Steps.Length));
        }
        return places;
    }

    /// <summary>The batch with t and x_t of the walk at every image that has a place.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="places">From <see cref="Places"/>.</param>
    /// <param name="shown">Noise memories; those of <paramref name="carries"/> are replaced by the walk's.</param>
    /// <param name="carries">Whose memory is carried along the walk, by number in the batch.</param>
    public TrainingBatch Enter(TrainingBatch batch, WalkPlace?[] places, float[] shown, Predicate<int> carries)
    {
        var pixels = shown.Length / batch.Count;
        var (times, noisy) = ((int[])batch.Times.Clone(), (float[])batch.Noisy.Clone());
        foreach (var i in ImageRows.Where(batch.Count, i => places[i] is not null))
        {
            var place = places[i]!.Value;
            times[i] = Time(StepOf(place, carries(i) ? 1 : 0));
            var at = i * pixels;
            BatchSource.Diffuse(schedule, times[i], batch.Clean.AsSpan(at, pixels), batch.Noise.AsSpan(at, pixels), noisy.AsSpan(at, pixels));
        }
        var entered = batch with { Times = times, Noisy = noisy };
        var rows = ImageRows.Where(batch.Count, i => places[i] is { Step: > 0 } && carries(i));
        if (rows.Length == 0) return entered;

        using var scope = NewDisposeScope();
        var x = inputs.Images(ImageRows.Take(noisy, pixels, rows));
        var labels = inputs.Labels(ImageRows.Take(batch.Labels, rows));
        var clean = own.Of(x, Array.ConvertAll(rows, i => times[i]), labels, inputs.Images(ImageRows.Take(shown, pixels, rows)));
        var steps = Array.ConvertAll(rows, i => StepOf(places[i]!.Value, 1));
        ImageRows.Put(noisy, pixels, rows, Inputs.ToArray(Advance(steps, x, clean)));
        ImageRows.Put(shown, pixels, rows, Inputs.ToArray(clean));
        foreach (var i in rows) times[i] = Time(StepOf(places[i]!.Value, 0));
        return entered;
    }

    /// <summary>Puts the teacher's answer into <paramref name="target"/> at every image that has a place.</summary>
    /// <param name="batch">From <see cref="Enter"/>.</param>
    /// <param name="places">From <see cref="Places"/>.</param>
    /// <param name="noise">What a teacher with a memory is shown first.</param>
    /// <param name="target">Changed in place.</param>
    public void Teach(TrainingBatch batch, WalkPlace?[] places, float[] noise, float[] target)
    {
        var rows = ImageRows.Where(batch.Count, i => places[i] is not null);
        if (rows.Length == 0) return;
        var pixels = noise.Length / batch.Count;
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var start = inputs.Images(ImageRows.Take(batch.Noisy, pixels, rows));
        var labels = inputs.Labels(ImageRows.Take(batch.Labels, rows));
        var (x, memory) = (start, teacher.Network.Config.Memory ? inputs.Images(ImageRows.Take(noise, pixels, rows)) : null);
        for (var part = 0; part < settings.Substeps; part++)
        {
            var steps = Array.ConvertAll(rows, i => Part(places[i]!.Value, part));
            var clean = estimator.Of(x, Array.ConvertAll(steps, Time), labels, memory, settings.Guidance);
            x = Advance(steps, x, clean);
            if (memory is not null) memory = clean;
        }
        var whole = Array.ConvertAll(rows, i => StepOf(places[i]!.Value, 0));
        var answer = x.add(start.mul(inputs.PerImage(whole.Select(r => r.A))), Scalars.MinusOne).mul(inputs.PerImage(whole.Select(r => 1 / r.B)));
        ImageRows.Put(target, pixels, rows, Inputs.ToArray(answer));
    }

    public void Dispose() => teacher.Dispose();

    private static SamplerRow[] Rows(DenoiserTraits model, int evaluations)
    {
        var sampler = SamplerCatalog.Find(model.HasMemory ? "dddm" : "ddim")!;
        var options = model.HasMemory ? new Dictionary<string, string> { ["walk"] = "ddim" } : new Dictionary<string, string> { ["spacing"] = "trailing" };
        return [.. sampler.Compile(model, new SamplingOptions(sampler, evaluations, options)).Rows];
    }

    private static int Time(SamplerRow row) => row.TimeIndex + 1;

    /// <summary>The row at a place, or up to <paramref name="before"/> rows before it.</summary>
    private SamplerRow StepOf(WalkPlace place, int before) => walks[place.Walk].Steps[Math.Max(0, place.Step - before)];

    private SamplerRow Part(WalkPlace place, int part) => walks[place.Walk].Parts[place.Step * settings.Substeps + part];

    private Tensor Advance(SamplerRow[] rows, Tensor x, Tensor clean) =>
        x.mul(inputs.PerImage(rows.Select(r => r.A))).add(clean.mul(inputs.PerImage(rows.Select(r => r.B))), Scalars.One);

    /// <summary>A walk, and the teacher's walk of as many times the steps, which visits the same times among others.</summary>
    private sealed record Walk(SamplerRow[] Steps, SamplerRow[] Parts);
}

/// <summary>One step of one of the walks that are distilled.</summary>
/// <param name="Walk">Which walk.</param>
/// <param name="Step">Which of its evaluations, 0 at t = T.</param>
internal readonly record struct WalkPlace(int Walk, int Step);
