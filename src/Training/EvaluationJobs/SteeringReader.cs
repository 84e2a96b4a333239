using Diffusion.Checkpoints;
using Diffusion.Guidance;
using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Training.Jobs;

namespace Diffusion.Training.EvaluationJobs;

/// <summary>Reads what steers the pictures of a sampler, and names what does not fit the model, the sampler or the scale of guidance.</summary>
internal sealed class SteeringReader(CheckpointStore store, EngineLimits limits)
{
    private const string Scale = "classifierScale";

    /// <summary>Field of the classifier that guides.</summary>
    public const string Guiding = "guidingClassifier";

    /// <summary>The version that a request means by <c>NAME</c>, <c>NAME@3</c> or <c>NAME@ALIAS</c>, or null.</summary>
    public static CheckpointVersion? Find(CheckpointStore store, string text)
    {
        var (name, version) = CheckpointNames.Split(text);
        return store.Find(name, version);
    }

    /// <summary>Why a version cannot guide the pictures of a model, whose labels are those that it guides to, or null.</summary>
    public static string? Misfit(CheckpointVersion classifier, CheckpointManifest model) =>
        model.Network.Classes is null ? "needs a model with labels" : GuidingClassifier.Misfit(classifier.Manifest, model);

    /// <param name="section">The sampler's object.</param>
    /// <param name="manifest">The model, or null if it is not known.</param>
    /// <param name="sampler">The sampler, or null if there is none of that name.</param>
    /// <param name="guidance">Scale of guidance without a classifier, or null if it is wrong.</param>
    public Steering Read(JobFields section, CheckpointManifest? manifest, ISampler? sampler, double? guidance)
    {
        var steering = new Steering
        {
            GuidanceRescale = section.Number("guidanceRescale", 0, 1, 0),
            GuidanceParallel = section.Number("guidanceParallel", 0, 1, GuidanceProjection.Whole),
            DynamicThreshold = section.Has("dynamicThreshold") ? section.Number("dynamicThreshold", 0, 1) : null,
        };
        if (guidance is { } own && ClassifierFreeGuidance.RowsFor(own) != GuidanceRows.Both)
        {
            if (steering.GuidanceRescale > 0) section.Complain("guidanceRescale", "brings back what guidance adds, and these pictures have none; give guidance, or leave it out");
            if (steering.GuidanceParallel < GuidanceProjection.Whole) section.Complain("guidanceParallel", "takes from what guidance adds, and these pictures have none; give guidance, or leave it out");
        }
        var scale = section.Number(Scale, 0, limits.MostGuidance, 1);
        if (!section.Has(Guiding))
        {
            if (section.Has(Scale)) section.Complain(Scale, $"needs a {Guiding}");
            return steering;
        }
        var name = section.Text(Guiding);
        return manifest is null || name.Length == 0 ? steering : steering with { Classifier = Classifier(section, name, manifest, sampler, scale) };
    }

    private GuidingVersion? Classifier(JobFields section, string name, CheckpointManifest manifest, ISampler? sampler, double scale)
    {
        if (sampler is { TakesClassifier: false }) section.Complain(Guiding, $"cannot be used here: the sampler {sampler.Name} takes none");
        if (Find(store, name) is not { } found)
        {
            section.Complain(Guiding, $"there is no classifier '{name}'");
            return null;
        }
        if (Misfit(found, manifest) is { } reason) section.Complain(Guiding, $"'{name}' {reason}");
        return new GuidingVersion(found.Manifest.Model, found.Manifest.Version, scale);
    }
}
