using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Schedules;

namespace Diffusion.Training.Jobs;

/// <summary>Job files: JSON, comments allowed, unknown fields refused, every wrong field named at once.</summary>
internal static class TrainingJobReader
{
    /// <summary>The parent version of a job that names none: the default, or else the newest.</summary>
    public const int NewestVersion = int.MaxValue;

    /// <summary>What can be learned.</summary>
    public static IReadOnlyList<string> ObjectiveKinds { get; } = [.. ObjectiveSettings.Kinds, ClassifierJob.Kind, NoisyClassifierJob.Kind];

    /// <exception cref="TrainingJobException">Anything is missing, unknown, out of range or contradictory.</exception>
    public static TrainingJob Read(ReadOnlyMemory<byte> json)
    {
        var problems = new List<string>();
        TrainingJob job;
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new TrainingJobException(["The job must be a JSON object."]);
            job = Read(new JobFields(document.RootElement, "", problems));
        }
        catch (JsonException wrong)
        {
            throw new TrainingJobException([$"Not JSON: {wrong.Message}"]);
        }
        return problems.Count == 0 ? job : throw new TrainingJobException(problems);
    }

    private static TrainingJob Read(JobFields root)
    {
        var objective = root.Section("objective");
        var kind = objective.Word("kind", ObjectiveKinds);
        TrainingJob job = kind switch
        {
            ClassifierJob.Kind => Classifier(root, objective),
            NoisyClassifierJob.Kind => NoisyClassifier(root, objective),
            _ => Denoiser(root, objective, kind),
        };
        if (job.Optimizer.GradientCheckpoint && job is not DenoiserJob) root.Complain("optimizer.gradientCheckpoint", "is for denoisers only");
        if (job.Optimizer.Accumulate > job.Batch) root.Complain("optimizer.accumulate", "is more than batch: a part needs an image");
        if (job.Optimizer.Warmup > 0 && job.Optimizer.Warmup >= Math.Max(1, job.Images / job.Batch)) root.Complain("optimizer.warmup", "is as long as the whole run");
        root.Close();
        return job;
    }

    private static DenoiserJob Denoiser(JobFields root, JobFields fields, string kind)
    {
        var schedule = Schedule(root.Section("schedule"));
        var objective = ObjectiveReader.Read(fields, kind, schedule.Name);
        var network = Network(root.Section("network"), objective);
        if (kind == ObjectiveSettings.Consistent && !fields.Section("loss").Has("c"))
            objective = objective with { Loss = objective.Loss with { C = ConsistencyReader.UsualC(network.Channels * network.ImageSize * network.ImageSize) } };
        var job = new DenoiserJob
        {
            Name = root.Name("name"),
            Model = root.Name("model"),
            Objective = objective,
            Schedule = schedule,
            Network = network,
            Data = root.Name("data"),
            DataImages = root.Has("dataImages") ? root.Int("dataImages", 1, int.MaxValue) : null,
            Batch = root.Int("batch", 1, 1 << 16),
            Images = Images(root),
            Steps = root.Has("steps") ? root.Int("steps", 1, int.MaxValue) : null,
            Optimizer = Optimizer(root.Section("optimizer")),
            // Salimans and Ho train students without one
            Average = Average(root, kind == ObjectiveSettings.Progressive ? 0 : 0.9999),
            LabelDrop = root.Number("labelDrop", 0, 1, 0),
            Seed = (ulong)root.Whole("seed", 0, long.MaxValue, 0),
            Every = Every(root.Section("every")),
            Augmentation = Augmentation(root.Section("augmentation")),
            InitialFrom = Parent(root.Section("initialFrom")),
            Sampling = Sampling(root.Section("sampling")),
        };
        if (objective.WalkTarget is { } walk && walk.Evaluations.Any(n => n * walk.Substeps > job.Schedule.Steps))
            root.Complain("objective.walkTarget.substeps", "times the evaluations is more than schedule.steps");
        if (objective.WalkTarget is { Guidance: not 1 } && job.Network.Classes is null)
            root.Complain("objective.walkTarget.guidance", "needs a network with classes");
        if (job is { Augmentation.IsReversible: false, Objective: { HasMemory: true, MemorySource: MemorySource.Stored } })
            root.Complain("augmentation", "can only flip where memories are stored: they are kept in the image's own frame; use objective.memorySource own");
        if (job is { Network.LearnedVariance: false, Sampling.Options: { } options } && options.GetValueOrDefault("variance") == "learned")
            root.Complain("sampling.options", "variance learned needs objective.variance learned");
        ProgressiveReader.Check(root, job);
        CheckSampler(root, job);
        if (job.LabelDrop > 0 && job.Network.Classes is null) root.Complain("labelDrop", "needs a network with classes");
        return job;
    }

    private static void CheckSampler(JobFields root, DenoiserJob job)
    {
        NoiseSchedule schedule;
        try
        {
            schedule = ScheduleCatalogue.Create(job.Schedule.Name, job.Schedule.Steps);
        }
        catch (ArgumentException wrong)
        {
            root.Complain("schedule.steps", wrong.Message.Split(" (Parameter")[0].TrimEnd('.'));
            return;
        }
        if (job.Sampling is { } asked && SamplerCatalog.Find(asked.Sampler) is { } sampler
            && sampler.Refuses(new DenoiserTraits(schedule, job.Objective.Prediction, job.Network.Memory, job.Network.LearnedVariance)) is { } refusal)
            root.Complain("sampling.sampler", refusal.TrimEnd('.'));
    }

    private static ClassifierJob Classifier(JobFields root, JobFields objective)
    {
        objective.Close();
        return new ClassifierJob
        {
            Name = root.Name("name"),
            Model = root.Name("model"),
            Classifier = Classifier(root.Section("network")),
            Data = root.Name("data"),
            DataImages = root.Has("dataImages") ? root.Int("dataImages", 1, int.MaxValue) : null,
            Batch = root.Int("batch", 1, 1 << 16),
            Images = Images(root),
            Steps = root.Has("steps") ? root.Int("steps", 1, int.MaxValue) : null,
            Optimizer = Optimizer(root.Section("optimizer")),
            Average = Average(root, 0.999),
            Seed = (ulong)root.Whole("seed", 0, long.MaxValue, 0),
            Every = Every(root.Section("every")),
        };
    }

    private static NoisyClassifierJob NoisyClassifier(JobFields root, JobFields objective)
    {
        objective.Close();
        return new NoisyClassifierJob
        {
            Name = root.Name("name"),
            Model = root.Name("model"),
            Schedule = Schedule(root.Section("schedule")),
            Network = Network(root.Section("network"), null),
            Data = root.Name("data"),
            DataImages = root.Has("dataImages") ? root.Int("dataImages", 1, int.MaxValue) : null,
            Batch = root.Int("batch", 1, 1 << 16),
            Images = Images(root),
            Steps = root.Has("steps") ? root.Int("steps", 1, int.MaxValue) : null,
            Optimizer = Optimizer(root.Section("optimizer")),
            Average = Average(root, 0.999),
            Seed = (ulong)root.Whole("seed", 0, long.MaxValue, 0),
            Every = Every(root.Section("every")),
        };
    }

    /// <summary>The budget, given as images or as steps.</summary>
    private static long Images(JobFields root)
    {
        if (root.Has("images") == root.Has("steps")) root.Complain("images", "give either images or steps");
        return root.Has("steps") ? root.Whole("steps", 1, int.MaxValue) * root.Int("batch", 1, 1 << 16, 1) : root.Whole("images", 1, 1L << 40, 1);
    }

    private static ClassifierConfig Classifier(JobFields fields)
    {
        var config = new ClassifierConfig
        {
            ImageSize = fields.Int("imageSize", 4, 1024),
            Channels = fields.Int("channels", 1, 4),
            Classes = fields.Int("classes", 2, 100_000),
            Widths = fields.Ints("widths", 1, 4096, [32, 64, 64]),
            FeatureWidth = fields.Int("featureWidth", 1, 4096, 64),
        };
        Validate(fields, config.Validate);
        fields.Close();
        return config;
    }

    /// <summary>What a configuration itself refuses, named by its field; the first such field only.</summary>
    private static void Validate(JobFields fields, Action validate)
    {
        if (fields.Refused) return;
        try
        {
            validate();
        }
        catch (ArgumentException wrong) when (wrong.ParamName is { } field)
        {
            fields.Complain(char.ToLowerInvariant(field[0]) + field[1..], wrong.Message.Replace($"{field} ", "", StringComparison.Ordinal).Split(" (Parameter")[0].TrimEnd('.'));
        }
    }

    private static ScheduleReference Schedule(JobFields fields)
    {
        var schedule = new ScheduleReference(fields.Word("name", ScheduleCatalogue.Names), fields.Int("steps", 2, 100_000));
        fields.Close();
        return schedule;
    }

    /// <param name="fields">The section.</param>
    /// <param name="objective">Of a denoiser; null for a noisy classifier.</param>
    private static UNetConfig Network(JobFields fields, ObjectiveSettings? objective)
    {
        var config = new UNetConfig
        {
            ImageSize = fields.Int("imageSize", 4, 1024),
            Channels = fields.Int("channels", 1, 4),
            ModelChannels = fields.Int("modelChannels", 1, 4096),
            ChannelMultipliers = fields.Ints("channelMultipliers", 1, 64),
            ResidualBlocks = fields.Int("residualBlocks", 1, 16, 2),
            AttentionResolutions = fields.Ints("attentionResolutions", 1, 1024, []),
            HeadChannels = fields.Int("headChannels", 1, 4096, 32),
            NewAttentionOrder = fields.Flag("newAttentionOrder", false),
            Dropout = fields.Number("dropout", 0, 0.99, 0),
            Classes = fields.Has("classes") ? fields.Int("classes", 1, 100_000) : null,
            ScaleShift = fields.Flag("scaleShift", true),
            ResampleInBlocks = fields.Flag("resampleInBlocks", true),
            Memory = objective?.HasMemory == true,
            MemoryAttention = fields.Flag("memoryAttention", false),
            LearnedVariance = objective?.Bound is not null,
            DataDeviation = objective?.Prediction == Prediction.Edm ? PredictionMap.EdmDeviation : 1,
            BothOutputs = objective is { Prediction: Prediction.Both, Bound: null },
        };
        Validate(fields, objective is null ? () => Networks.NoisyClassifier.Validate(config) : config.Validate);
        fields.Close();
        return config;
    }

    private static OptimizerSettings Optimizer(JobFields fields)
    {
        var settings = new OptimizerSettings
        {
            LearningRate = fields.Number("learningRate", 0, 10, 1e-3),
            Beta1 = fields.Number("beta1", 0, 0.999999, 0.9),
            Beta2 = fields.Number("beta2", 0, 0.999999, 0.999),
            Epsilon = fields.Number("epsilon", 1e-16, 1, 1e-8),
            WeightDecay = fields.Number("weightDecay", 0, 10, 0),
            Warmup = fields.Int("warmup", 0, int.MaxValue, 0),
            Decay = fields.Word("decay", ["cosine", "linear", "constant", "inverse-sqrt"], "cosine") switch
            {
                "linear" => RateDecay.Linear,
                "constant" => RateDecay.Constant,
                "inverse-sqrt" => RateDecay.InverseSqrt,
                _ => RateDecay.Cosine,
            },
            FinalShare = fields.Number("finalShare", 0, 1, 1),
            ClipNorm = fields.Number("clipNorm", 0, 1e6, 0),
            Accumulate = fields.Int("accumulate", 1, 1 << 16, 1),
            GradientCheckpoint = fields.Flag("gradientCheckpoint", false),
        };
        if (settings.Decay is RateDecay.Constant or RateDecay.InverseSqrt)
        {
            if (fields.Has("finalShare")) fields.Complain("finalShare", "needs decay cosine or linear: the others have no end to reach");
        }
        else if (fields.Has("decay") && !fields.Has("finalShare")) fields.Complain("finalShare", "is missing: where the decay ends, as a share of the full rate");
        if (settings is { Decay: RateDecay.InverseSqrt, Warmup: 0 }) fields.Complain("warmup", "must be at least 1 for decay inverse-sqrt, which falls from its end on");
        fields.Close();
        return settings;
    }

    /// <summary>The section <c>ema</c>, or its decay alone as <c>emaDecay</c>.</summary>
    private static AverageSettings Average(JobFields root, double decay)
    {
        var fields = root.Section("ema");
        if (fields.Present && root.Has("emaDecay")) root.Complain("emaDecay", "stands beside ema; give ema.decay");
        var settings = new AverageSettings
        {
            Rule = fields.Word("rule", ["warm-up", "constant", "power"], "warm-up") switch { "constant" => AverageRule.Constant, "power" => AverageRule.Power, _ => AverageRule.WarmUp },
            Decay = fields.Present ? fields.Number("decay", 0, 1, decay) : root.Number("emaDecay", 0, 1, decay),
            Every = fields.Int("every", 1, 100_000, 1),
        };
        fields.Close();
        return settings;
    }

    private static AugmentationSettings? Augmentation(JobFields fields)
    {
        if (!fields.Present) return null;
        var settings = new AugmentationSettings
        {
            Flip = fields.Number("flip", 0, 1, 0),
            Rotate = fields.Number("rotate", 0, 180, 0),
            Brightness = fields.Number("brightness", 0, 1, 0),
            Contrast = fields.Number("contrast", 0, 1, 0),
        };
        fields.Close();
        return settings;
    }

    private static CadenceSettings Every(JobFields fields)
    {
        var every = new CadenceSettings
        {
            Checkpoint = fields.Int("checkpoint", 1, int.MaxValue, 500),
            Sample = fields.Int("sample", 0, int.MaxValue, 0),
            Publish = fields.Int("publish", 0, int.MaxValue, 0),
            Validate = fields.Int("validate", 0, int.MaxValue, 0),
            Log = fields.Int("log", 1, int.MaxValue, 10),
        };
        fields.Close();
        return every;
    }

    private static ParentReference? Parent(JobFields fields)
    {
        if (!fields.Present) return null;
        var parent = new ParentReference(fields.Name("model"), fields.Int("version", 1, int.MaxValue, NewestVersion));
        fields.Close();
        return parent;
    }

    private static SamplingDefaults? Sampling(JobFields fields)
    {
        if (!fields.Present) return null;
        var name = fields.Word("sampler", [.. SamplerCatalog.All.Select(s => s.Name)]);
        var steps = fields.Int("steps", 1, 100_000);
        var options = fields.Words("options");
        var defaults = new SamplingDefaults(name, steps, fields.Number("guidance", 0, 100, 1), options);
        try
        {
            if (SamplerCatalog.Find(name) is { } sampler) _ = new SamplingOptions(sampler, Math.Max(1, steps), options);
        }
        catch (SamplingOptionException wrong)
        {
            fields.Complain("options", wrong.Message.TrimEnd('.'));
        }
        fields.Close();
        return defaults;
    }
}
