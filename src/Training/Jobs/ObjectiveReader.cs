using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Noise;
using Diffusion.Samplers;
using Diffusion.Schedules;

namespace Diffusion.Training.Jobs;

/// <summary>The section <c>objective</c> of a job file.</summary>
internal static class ObjectiveReader
{
    private const string Cdf = "boundCdf";

    /// <param name="fields">The section.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="schedule">Name of the job's schedule, which says what can be predicted.</param>
    public static ObjectiveSettings Read(JobFields fields, string kind, string schedule)
    {
        var exploding = schedule == VarianceExplodingSchedule.Name;
        var remembers = kind is ObjectiveSettings.Dddm or ObjectiveSettings.Udddm;
        var loss = fields.Section("loss");
        var distils = kind == ObjectiveSettings.Progressive;
        var agrees = kind == ObjectiveSettings.Consistent;
        var usual = agrees ? Prediction.Consistency : distils ? (exploding ? Prediction.X0 : Prediction.V) : !remembers ? Prediction.Epsilon : exploding ? Prediction.Boundary : Prediction.Residual;
        var prediction = fields.Word("prediction", usual);
        var settings = new ObjectiveSettings
        {
            Kind = kind,
            Prediction = prediction,
            Loss = new DistanceSettings
            {
                Kind = loss.Word("kind", [DistanceSettings.Mse, DistanceSettings.PseudoHuber, DistanceSettings.PseudoLpips], remembers || agrees ? DistanceSettings.PseudoHuber : DistanceSettings.Mse),
                C = loss.Number("c", 1e-12, 1e6, 1.4e-4),
                PerImage = loss.Flag("perImage", agrees),
                Squared = loss.Word("form", ["linear", "squared"], "linear") == "squared",
                Resize = loss.Has("resize") ? loss.Int("resize", 0, 4096) : null,
                Weighting = loss.Word("weighting", ["none", "min-snr", "snr+1", "truncated-snr"], distils ? "truncated-snr" : "none") switch
                {
                    "min-snr" => LossWeighting.MinSnr,
                    "snr+1" => LossWeighting.SnrPlusOne,
                    "truncated-snr" => LossWeighting.TruncatedSnr,
                    _ => LossWeighting.None,
                },
                Gamma = loss.Number("gamma", 1e-6, 1e6, 5),
            },
            Bound = Bound(fields, loss, kind, exploding),
            BoundCdf = fields.Word(Cdf, NormalCdf.Exact),
            MemoryRefresh = fields.Number("memoryRefresh", 0, 1, 0),
            MemorySource = fields.Word("memorySource", ["stored", "own"], "stored") == "stored" ? MemorySource.Stored : MemorySource.Own,
            MemoryStorage = fields.Word("memoryStorage", ["uint8", "float16", "float32"], "uint8") switch { "float32" => MemoryStorage.Float32, "float16" => MemoryStorage.Float16, _ => MemoryStorage.UInt8 },
            MemoryMomentum = fields.Number("memoryMomentum", 0, 0.999, 0),
            Consistency = Consistency(fields.Section("consistency")),
            WalkTarget = WalkTarget(fields.Section("walkTarget")),
            Chain = ProgressiveReader.Read(fields, kind),
            ConsistencyTraining = ConsistencyReader.Read(fields, kind, prediction, schedule),
        };
        if (!remembers)
        {
            foreach (var name in new[] { "memoryRefresh", "memorySource", "memoryStorage", "memoryMomentum", "consistency", "walkTarget" })
                if (fields.Has(name)) fields.Complain(name, "belongs to the dddm objective");
            if (!distils && settings.Loss.Weighting == LossWeighting.SnrPlusOne) loss.Complain("weighting", "snr+1 belongs to the dddm objective; ddpm has it by predicting v");
            if (settings.Loss.Kind == DistanceSettings.PseudoLpips) loss.Complain("kind", "pseudo-lpips compares images; it belongs to the objectives dddm and udddm");
        }
        else if (settings.Prediction == Prediction.Epsilon) fields.Complain("prediction", $"epsilon cannot estimate the image at t = T; use {(exploding ? "boundary or x0" : "residual, x0 or v")}");
        if (kind == ObjectiveSettings.Udddm)
        {
            foreach (var name in new[] { "memorySource", "consistency", "walkTarget" })
                if (fields.Has(name)) fields.Complain(name, "belongs to the dddm objective: the target of udddm is the image and the kept memory");
        }
        if (distils && settings.Prediction == Prediction.Epsilon)
            fields.Complain("prediction", $"epsilon cannot be distilled: near t = T its error counts without bound in the image; use {(exploding ? "x0 or edm" : "v, both, x0 or residual")}");
        if (agrees && loss.Has("weighting")) loss.Complain("weighting", "follows from gap: a loss counts 1 over the gap between its two times");
        if (settings is { Prediction: Prediction.Both, Bound: not null }) fields.Complain("variance", "learned doubles the output, and prediction both does so too; use prediction v, which is the same mixture from one output");
        if (exploding) OfExploding(settings, fields, loss);
        else if (settings.Prediction is Prediction.Boundary or Prediction.Edm) fields.Complain("prediction", $"{EnumWords.Of(settings.Prediction)} belongs to the schedule {VarianceExplodingSchedule.Name}{(settings.Prediction == Prediction.Edm ? "; use v, which is the same with a data deviation of 1" : "")}");
        OfPerceptual(settings.Loss, loss);
        if (loss.Has("gamma") && settings.Loss.Weighting != LossWeighting.MinSnr) loss.Complain("gamma", "needs weighting min-snr");
        if (settings is { Consistency: not null, WalkTarget: not null }) fields.Complain("walkTarget", "cannot be combined with consistency: an image has one target");
        foreach (var name in new[] { "memoryStorage", "memoryMomentum" })
            if (settings.MemorySource == MemorySource.Own && fields.Has(name)) fields.Complain(name, "needs memorySource stored");
        loss.Close();
        fields.Close();
        return settings;
    }

    private static BoundUse? Bound(JobFields fields, JobFields loss, string kind, bool exploding)
    {
        var learned = fields.Word("variance", ["fixed", "learned"], "fixed") == "learned";
        var use = fields.Word("bound", ["hybrid", "vlb"], "hybrid") == "vlb" ? BoundUse.Vlb : BoundUse.Hybrid;
        if (kind != ObjectiveSettings.Ddpm)
        {
            foreach (var name in new[] { "variance", "bound", Cdf })
                if (fields.Has(name)) fields.Complain(name, "belongs to the ddpm objective");
            return null;
        }
        if (!learned)
        {
            foreach (var name in new[] { "bound", Cdf })
                if (fields.Has(name)) fields.Complain(name, "needs variance learned");
            return null;
        }
        if (exploding) fields.Complain("variance", $"learned is of the reverse chain of a variance-preserving schedule; {VarianceExplodingSchedule.Name} has none");
        if (use == BoundUse.Vlb && loss.Present) fields.Complain("loss", "belongs to L_simple, of which bound vlb has none");
        return use;
    }

    private static void OfExploding(ObjectiveSettings settings, JobFields fields, JobFields loss)
    {
        if (settings.Prediction is Prediction.V or Prediction.Both or Prediction.Residual || settings is { HasMemory: false, Prediction: Prediction.Boundary } or { HasMemory: true, Prediction: Prediction.Edm })
            fields.Complain("prediction", $"must be {(settings.HasMemory ? "boundary" : settings.Chain is null ? "epsilon, edm" : "edm")} or x0 on the schedule {VarianceExplodingSchedule.Name}, got {EnumWords.Of(settings.Prediction)}");
        if (settings.Loss.Weighting == LossWeighting.SnrPlusOne)
            loss.Complain("weighting", $"snr+1 is the error of v, which the schedule {VarianceExplodingSchedule.Name} does not have");
    }

    private static void OfPerceptual(DistanceSettings settings, JobFields loss)
    {
        if (settings.Kind == DistanceSettings.PseudoLpips)
        {
            if (loss.Has("perImage")) loss.Complain("perImage", "belongs to pseudo-huber: a perceptual distance is always that of an image");
        }
        else
        {
            foreach (var name in new[] { "form", "resize" })
                if (loss.Has(name)) loss.Complain(name, "belongs to pseudo-lpips");
        }
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
            Teacher = new ParentReference(fields.Name("model"), fields.Int("version", 1, int.MaxValue, TrainingJobReader.NewestVersion)),
            Evaluations = fields.Ints("evaluations", 1, 1000),
            Substeps = fields.Int("substeps", 2, 1000, 4),
            Guidance = fields.Number("guidance", 0, 100, 1),
            Share = fields.Number("share", 0, 1, 1),
        };
        if (fields.Has("evaluations") && !fields.Refused && settings.Evaluations.Count == 0) fields.Complain("evaluations", "must name at least one number of evaluations");
        fields.Close();
        return settings;
    }
}
