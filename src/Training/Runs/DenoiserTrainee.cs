using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Imaging;
using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Training.Data;
using Diffusion.Training.Evaluation;
using Diffusion.Training.Files;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Diffusion.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Runs;

/// <summary>Makes versions of a denoiser.</summary>
internal sealed class DenoiserTrainee : ITrainee
{
    private const int GridImages = 100;
    private const string WalkTeacherField = "objective.walkTarget.model", ChainTeacherField = "objective.teacher.model";

    private readonly DenoiserJob job;
    private readonly RunFolder folder;
    private readonly RoundPlan rounds;
    private readonly CheckpointStore store;
    private readonly ImageSet images;
    private readonly NoiseSchedule schedule;
    private readonly Device device;
    private readonly UNet network, average;
    private readonly ParentReference? parent, teacher;
    private readonly PublishedNote published;

    /// <exception cref="TrainingJobException">The job does not fit the images, or its parent is missing or fits nothing.</exception>
    public DenoiserTrainee(DenoiserJob job, RunFolder folder, RoundPlan rounds, CheckpointStore store, ImageSet images, TrainingOptions options, Device device)
    {
        (this.job, this.folder, this.rounds, this.store, this.images, this.device) = (job, folder, rounds, store, images, device);
        published = new PublishedNote(folder, store, job.Model);
        schedule = ScheduleCatalogue.Create(job.Schedule.Name, job.Schedule.Steps);
        network = new UNet(job.Network, job.Seed, schedule).to(device);
        average = new UNet(job.Network, job.Seed, schedule).to(device);
        if (job.Optimizer.GradientCheckpoint) network.Recomputation = Recomputing(job.Network, device);
        parent = Parent();
        teacher = job.Objective switch
        {
            { WalkTarget: { } walk } => Settled(walk.Teacher, folder.Teacher, WalkTeacherField),
            { Chain: { } chain } => Settled(chain.Teacher, folder.Teacher, ChainTeacherField),
            _ => null,
        };
        if (parent is not null && !File.Exists(folder.State)) StartFrom(parent);
        Objective = job.Objective switch
        {
            { HasMemory: true } => new DddmObjective(job, schedule, network, average, Memory(), Teacher(), device, Perceptual(options)),
            { Chain: not null } => new ProgressiveObjective(job, schedule, network, average, FirstTeacher(), rounds, device),
            { ConsistencyTraining: not null } => new ConsistencyObjective(job, schedule, network, average, rounds.Steps, device),
            { Bound: not null } => new LearnedVarianceObjective(job, schedule, network, average, device),
            _ => new DdpmObjective(job, schedule, network, average, device),
        };
        Forward = new ForwardProcess(schedule, job.Objective.Consistency?.ShareAtEnd ?? 0, job.LabelDrop, job.Network.NullLabel);
    }

    /// <summary>The job's id in the queue; null for a run in the foreground.</summary>
    public string? JobId { get; init; }

    public nn.Module Network => network;

    public nn.Module Average => average;

    public IObjective Objective { get; }

    public ForwardProcess? Forward { get; }

    public Recomputation? Recomputation => network.Recomputation;

    public void Sample(int step)
    {
        var defaults = SamplingAfter(step) ?? job.SampledWith;
        var sampler = SamplerCatalog.Find(defaults.Sampler)!;
        var traits = new DenoiserTraits(schedule, job.Objective.Prediction, job.Network.Memory, job.Network.LearnedVariance);
        var table = sampler.Compile(traits, new SamplingOptions(sampler, defaults.Steps, defaults.Options));
        var labels = job.Network.Classes is { } classes ? Enumerable.Range(0, GridImages).Select(i => (long)(i % classes)).ToArray() : null;
        var samples = new RowSampler(average, device).Run(table, labels, GridImages, defaults.Guidance, seed: 0);
        var (size, channels) = (job.Network.ImageSize, job.Network.Channels);
        var grid = ImageGrid.Arrange([.. samples.Chunk(channels * size * size).Select(planes => Picture.FromPlanes(planes, size, size, channels))]);
        DurableFile.Write(folder.SampleOf(step), ImageEncoder.Encode(grid, "png"));
    }

    public int? Publish(int step, long images)
    {
        var version = published.Find(step, images, average) ?? PublishNow(step, images);
        // the student of a round that is over teaches the next one
        if (rounds.Begins(step)) DurableFile.Write(folder.TeacherOf(rounds.Of(step).Number), JsonSerializer.SerializeToUtf8Bytes(new ParentReference(job.Model, version)));
        return version;
    }

    private int PublishNow(int step, long images)
    {
        var version = store.Publish(job.Model, _ => Manifest(step, images), into =>
        {
            SafeTensors.Write(Path.Combine(into, CheckpointVersion.WeightsFile), NetworkWeights.ToSafeTensors(average.state_dict()));
            File.Copy(folder.Job, Path.Combine(into, "job.json"));
            if (File.Exists(folder.Perceptual)) File.Copy(folder.Perceptual, Path.Combine(into, PerceptualFile.FileName));
            if (File.Exists(folder.Metrics)) File.Copy(folder.Metrics, Path.Combine(into, "curve.ndjson"));
        });
        published.Write(step, version.Manifest.Version);
        return version.Manifest.Version;
    }

    public void Dispose()
    {
        Objective.Dispose();
        network.Dispose();
        average.Dispose();
    }

    private static Recomputation Recomputing(UNetConfig shape, Device device) => shape.Dropout == 0 || device.type == DeviceType.CPU ? new Recomputation(draws: shape.Dropout > 0)
        : throw new TrainingJobException(["optimizer.gradientCheckpoint: network.dropout must be 0 on a GPU, whose generator cannot be set back to draw the same masks again."]);

    private PerceptualNetwork? Perceptual(TrainingOptions options)
    {
        if (!PerceptualFile.IsNeeded(job)) return null;
        PerceptualFile.Settle(options.PerceptualNetwork, folder.Perceptual);
        return PerceptualNetwork.Load(options.PerceptualNetwork, job.Objective.Loss.ResizeOf(job.Network.ImageSize), job.Network.Channels, job.Network.ImageSize, device);
    }

    private SampleMemory? Memory() => job.Objective.MemorySource == MemorySource.Own
        ? null
        : new SampleMemory(folder.Memory, images.Count, images.Pixels, job.Objective.MemoryStorage, job.Seed);

    private CheckpointManifest Manifest(int step, long seen) => new()
    {
        Model = job.Model,
        Version = 0,
        Created = default,
        Network = job.Network,
        Prediction = job.Objective.Prediction,
        Schedule = job.Schedule,
        Objective = job.Objective.Kind,
        Data = images.Reference,
        Labels = job.Network.Classes is null ? null : images.Manifest.Classes,
        ImagesSeen = seen,
        Seed = job.Seed,
        Parent = job.Objective.Chain is null ? parent : TeacherAfter(step),
        Parents = [.. Came(step)],
        Job = new JobReference(job.Name, DurableFile.Digest(folder.Job).Sha256, JobId),
        Sampling = SamplingAfter(step),
    };

    private SamplingDefaults? SamplingAfter(int step) =>
        job.Objective.Chain is { } chain ? ProgressiveTarget.Sampling(chain.StepsOf(rounds.After(step).Number))
        : job.Objective.ConsistencyTraining is null ? job.Sampling : job.Sampling ?? new SamplingDefaults("consistency", 2);

    /// <summary>Who teaches the round of a chain to which the last of so many steps belongs.</summary>
    private ParentReference TeacherAfter(int step) => JsonSerializer.Deserialize<ParentReference>(File.ReadAllBytes(folder.TeacherOf(rounds.After(step).Number)))!;

    private IEnumerable<LineageLink> Came(int step)
    {
        if (job.Objective.Chain is not null)
        {
            // a student begins with the weights of its teacher
            var chained = TeacherAfter(step);
            yield return new(chained.Model, chained.Version, LineageLink.Initial);
            yield return new(chained.Model, chained.Version, LineageLink.Teacher);
            yield break;
        }
        if (parent is not null) yield return new(parent.Model, parent.Version, LineageLink.Initial);
        if (teacher is not null) yield return new(teacher.Model, teacher.Version, LineageLink.Teacher);
    }

    private void StartFrom(ParentReference from)
    {
        var version = Verified(from, "initialFrom");
        using var file = SafeTensorFile.Open(version.PathOf(CheckpointVersion.WeightsFile));
        var (copied, skipped) = WarmStart.Apply(network, file);
        if (copied == 0) throw new TrainingJobException([$"initialFrom: no parameter of {from.Model} fits this network (first: {skipped[0]})."]);
    }

    private ParentReference? Parent() => job.InitialFrom is { } wanted ? Settled(wanted, folder.Parent, "initialFrom") : null;

    /// <summary>The frozen teacher of a job that distils a walk.</summary>
    private Denoiser? Teacher()
    {
        if (teacher is null) return null;
        var version = Verified(teacher, WalkTeacherField);
        var network = version.Manifest.Network;
        var problems = OfSchedule(version.Manifest, WalkTeacherField);
        if ((network.ImageSize, network.Channels, network.Classes) != (job.Network.ImageSize, job.Network.Channels, job.Network.Classes))
            problems.Add($"{WalkTeacherField}: its images or classes are not those of the job.");
        return problems.Count == 0 ? Denoiser.Load(version, device) : throw new TrainingJobException(problems);
    }

    private List<string> OfSchedule(CheckpointManifest teaches, string field) => teaches.Schedule == job.Schedule ? []
        : [$"{field}: its schedule is {teaches.Schedule.Name} with {teaches.Schedule.Steps} steps, not that of the job."];

    /// <summary>The teacher that a chain begins with, and its weights for the first student; a run that goes on has both in its resume point.</summary>
    private UNet FirstTeacher()
    {
        var frozen = new UNet(job.Network, schedule: schedule).to(device);
        frozen.eval();
        if (File.Exists(folder.State)) return frozen;
        var version = Verified(teacher!, ChainTeacherField);
        var problems = OfSchedule(version.Manifest, ChainTeacherField);
        if (Shape(version.Manifest.Network) != Shape(job.Network)) problems.Add($"{ChainTeacherField}: its network is not that of the job, which starts from its weights.");
        if (version.Manifest.Prediction != job.Objective.Prediction) problems.Add($"{ChainTeacherField}: it predicts {Word(version.Manifest.Prediction)}, and objective.prediction is {Word(job.Objective.Prediction)}.");
        if (problems.Count > 0)
        {
            frozen.Dispose();
            throw new TrainingJobException(problems);
        }
        using var file = SafeTensorFile.Open(version.PathOf(CheckpointVersion.WeightsFile));
        foreach (var net in new[] { frozen, network }) NetworkWeights.Load(net, file);
        return frozen;

        static string Shape(UNetConfig config) => JsonSerializer.Serialize(config with { Dropout = 0 });
        static string Word(Prediction prediction) => JsonSerializer.SerializeToElement(prediction).GetString()!;
    }

    private CheckpointVersion Verified(ParentReference of, string field)
    {
        var version = store.Find(of.Model, $"{of.Version}") ?? throw new TrainingJobException([$"{field}: version {of.Version} of {of.Model} is gone."]);
        CheckpointStore.Verify(version);
        return version;
    }

    /// <summary>The version of another model that a run uses is settled when it begins, whatever is published while it runs.</summary>
    private ParentReference Settled(ParentReference wanted, string file, string field)
    {
        if (File.Exists(file)) return JsonSerializer.Deserialize<ParentReference>(File.ReadAllBytes(file))!;
        var found = store.Find(wanted.Model, wanted.Version == TrainingJobReader.NewestVersion ? null : $"{wanted.Version}")
            ?? throw new TrainingJobException([$"{field}: there is no such version of {wanted.Model}."]);
        var settled = new ParentReference(wanted.Model, found.Manifest.Version);
        DurableFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(settled));
        return settled;
    }
}
