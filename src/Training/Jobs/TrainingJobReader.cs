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

    private static readonly string[] Predictions = [.. Enum.GetValues<Prediction>().Select(Word)];

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
        var kind = objective.Word("kind", [ObjectiveSettings.Ddpm, ObjectiveSettings.Dddm, ClassifierJob.Kind]);
        TrainingJob job = kind == ClassifierJob.Kind ? Classifier(root, objective) : Denoiser(root, objective, kind);
        if (job.Optimizer.Warmup > 0 && job.Optimizer.Warmup >= Math.Max(1, job.Images / job.Batch)) root.Complain("optimizer.warmup", "is as long as the whole run");
        root.Close();
        return job;
    }

    private static DenoiserJob Denoiser(JobFields root, JobFields fields, string kind)
    {
        var objective = Objective(fields, kind);
        var job = new DenoiserJob
        {
            Name = root.Name("name"),
            Model = root.Name("model"),
            Objective = objective,
            Schedule = Schedule(root.Section("schedule")),
            Network = Network(root.Section("network"), memory: objective.Kind == ObjectiveSettings.Dddm),
            Data = root.Name("data"),
            DataImages = root.Has("dataImages") ? root.Int("dataImages", 1, int.MaxValue) : null,
            Batch = root.Int("batch", 1, 1 << 16),
            Images = Images(root),
            Steps = root.Has("steps") ? root.Int("steps", 1, int.MaxValue) : null,
            Optimizer = Optimizer(root.Section("optimizer")),
            EmaDecay = root.Number("emaDecay", 0, 1, 0.9999),
            LabelDrop = root.Number("labelDrop", 0, 1, 0),
            Seed = (ulong)root.Whole("seed", 0, long.MaxValue, 0),
            Every = Every(root.Section("every")),
            InitialFrom = Parent(root.Section("initialFrom")),
            Sampling = Sampling(root.Section("sampling")),
        };
        if (objective.WalkTarget is { } walk && walk.Evaluations.Any(n => n * walk.Substeps > job.Schedule.Steps))
            root.Complain("objective.walkTarget.substeps", "times the evaluations is more than schedule.steps");
        if (job.LabelDrop > 0 && job.Network.Classes is null) root.Complain("labelDrop", "needs a network with classes");
        return job;
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
            EmaDecay = root.Number("emaDecay", 0, 1, 0.999),
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

    private static ObjectiveSettings Objective(JobFields fields, string kind)
    {
        var dddm = kind == ObjectiveSettings.Dddm;
        var loss = fields.Section("loss");
        var settings = new ObjectiveSettings
        {
            Kind = kind,
            Prediction = Parse(fields.Word("prediction", Predictions, Word(dddm ? Prediction.Residual : Prediction.Epsilon))),
            Loss = new DistanceSettings
            {
                Kind = loss.Word("kind", [DistanceSettings.Mse, DistanceSettings.PseudoHuber], dddm ? DistanceSettings.PseudoHuber : DistanceSettings.Mse),
                C = loss.Number("c", 1e-12, 1e6, 1.4e-4),
                PerImage = loss.Flag("perImage", false),
                Weighting = loss.Word("weighting", ["none", "snr+1"], "none") == "none" ? LossWeighting.None : LossWeighting.SnrPlusOne,
            },
            MemoryRefresh = fields.Number("memoryRefresh", 0, 1, 0),
            MemorySource = fields.Word("memorySource", ["stored", "own"], "stored") == "stored" ? MemorySource.Stored : MemorySource.Own,
            MemoryStorage = fields.Word("memoryStorage", ["uint8", "float16"], "uint8") == "uint8" ? MemoryStorage.UInt8 : MemoryStorage.Float16,
            Consistency = Consistency(fields.Section("consistency")),
            WalkTarget = WalkTarget(fields.Section("walkTarget")),
        };
        if (!dddm)
        {
            foreach (var name in new[] { "memoryRefresh", "memorySource", "memoryStorage", "consistency", "walkTarget" })
                if (fields.Has(name)) fields.Complain(name, "belongs to the dddm objective");
            if (loss.Has("weighting")) loss.Complain("weighting", "belongs to the dddm objective");
        }
        else if (settings.Prediction == Prediction.Epsilon) fields.Complain("prediction", "epsilon cannot estimate the image at t = T; use residual, x0 or v");
        if (settings is { Consistency: not null, WalkTarget: not null }) fields.Complain("walkTarget", "cannot be combined with consistency: an image has one target");
        if (settings.MemorySource == MemorySource.Own && fields.Has("memoryStorage")) fields.Complain("memoryStorage", "needs memorySource stored");
        loss.Close();
        fields.Close();
        return settings;
    }

    private static ConsistencySettings? Consistency(JobFields fields)
    {
        if (!fields.Present) return null;
        var settings = new ConsistencySettings
        {
            GapStart = fields.Number("gapStart", 0, 1, 1),
            GapEnd = fields.Number("gapEnd", 0, 1, 0.05),
            ShareAtEnd = fields.Number("shareAtEnd", 0, 1, 0.25),
            FromAverage = fields.Flag("fromAverage", false),
        };
        if (!(settings.GapEnd > 0) || settings.GapEnd > settings.GapStart) fields.Complain("gapEnd", "must be above 0 and at most gapStart");
        fields.Close();
        return settings;
    }

    private static WalkTargetSettings? WalkTarget(JobFields fields)
    {
        if (!fields.Present) return null;
        var settings = new WalkTargetSettings
        {
            Teacher = new ParentReference(fields.Name("model"), fields.Int("version", 1, int.MaxValue, NewestVersion)),
            Evaluations = fields.Ints("evaluations", 1, 1000),
            Substeps = fields.Int("substeps", 2, 1000, 4),
            Share = fields.Number("share", 0, 1, 1),
        };
        if (fields.Has("evaluations") && !fields.Refused && settings.Evaluations.Count == 0) fields.Complain("evaluations", "must name at least one number of evaluations");
        fields.Close();
        return settings;
    }

    private static ScheduleReference Schedule(JobFields fields)
    {
        var schedule = new ScheduleReference(fields.Word("name", ScheduleCatalogue.Names), fields.Int("steps", 2, 100_000));
        fields.Close();
        return schedule;
    }

    private static UNetConfig Network(JobFields fields, bool memory)
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
            Dropout = fields.Number("dropout", 0, 0.99, 0),
            Classes = fields.Has("classes") ? fields.Int("classes", 1, 100_000) : null,
            ScaleShift = fields.Flag("scaleShift", true),
            ResampleInBlocks = fields.Flag("resampleInBlocks", true),
            Memory = memory,
        };
        Validate(fields, config.Validate);
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
            FinalShare = fields.Number("finalShare", 0, 1, 1),
            ClipNorm = fields.Number("clipNorm", 0, 1e6, 0),
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

    private static string Word(Prediction prediction) => JsonSerializer.SerializeToElement(prediction).GetString()!;

    private static Prediction Parse(string word) => Enum.GetValues<Prediction>().First(p => Word(p) == word);
}
