using System.Globalization;
using Diffusion.Checkpoints;
using Diffusion.Inference.Models;
using Diffusion.Networks;
using Diffusion.Samplers;

namespace Diffusion.Inference.Jobs;

/// <summary>The noisy classifier of a request, held until it is kept or the request is refused.</summary>
internal sealed class ClassifierChoice : IDisposable
{
    private ModelLease? lease;

    /// <param name="registry">Where classifiers are.</param>
    /// <param name="request">The request.</param>
    /// <param name="manifest">The model that shall be guided.</param>
    /// <param name="sampler">The sampler, or null if there is none of that name.</param>
    /// <param name="maxScale">The largest scale.</param>
    /// <param name="errors">Told what stands against it.</param>
    public ClassifierChoice(ModelRegistry registry, GenerationRequest request, CheckpointManifest manifest, ISampler? sampler, double maxScale, RequestErrors errors)
    {
        if (request.ClassifierScale is { } scale && !(scale >= 0 && scale <= maxScale))
            errors.Invalid("classifierScale", string.Create(CultureInfo.InvariantCulture, $"classifierScale must be 0..{maxScale}, got {scale}."));
        if (request.Classifier is not { } name)
        {
            if (request.ClassifierScale is not null) errors.Invalid("classifierScale", $"classifierScale needs a classifier; name one in classifier; {Fitting(registry, manifest)}.");
            return;
        }
        if (request.Kind is GenerationKind.Inversion or GenerationKind.Reconstruction)
            errors.Invalid("classifier", "classifier cannot be used here: what it adds cannot be undone on the way up; leave it out.");
        else if (request.Labels.Count == 0)
            errors.Invalid("label", "label is missing: a classifier needs a class to go to.");
        if (sampler is { TakesClassifier: false })
        {
            string[] others = [.. SamplerCatalog.All.Where(s => s.TakesClassifier && s.Refuses(manifest.Traits) is null).Select(s => s.Name)];
            errors.Unsupported("classifier", $"Sampler '{sampler.Name}' takes no classifier; {(others.Length == 0 ? "nor does any other that can serve this model" : $"{string.Join(", ", others)} do")}.");
        }
        var (plain, version) = CheckpointNames.Split(name);
        lease = registry.Acquire(plain, version);
        if (lease is null) errors.Invalid("classifier", $"There is no classifier '{name}'; {Fitting(registry, manifest)}.");
        else if (GuidingClassifier.Misfit(lease.Manifest, manifest) is { } reason) errors.Unsupported("classifier", $"'{name}' {reason}; {Fitting(registry, manifest)}.");
    }

    public ModelLease? Lease => lease;

    public void Keep() => lease = null;

    public void Dispose() => lease?.Dispose();

    private static string Fitting(ModelRegistry registry, CheckpointManifest model)
    {
        var names = registry.Describe().Where(m => GuidingClassifier.Misfit(m.Manifest, model) is null).Select(m => m.Name).ToArray();
        return names.Length == 0 ? $"none that is here fits model '{model.Model}'" : $"these fit model '{model.Model}': {string.Join(", ", names)}";
    }
}
