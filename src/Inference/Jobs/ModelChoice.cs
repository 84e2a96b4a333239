using Diffusion.Checkpoints;
using Diffusion.Inference.Models;
using Diffusion.Samplers;

namespace Diffusion.Inference.Jobs;

/// <summary>The model version of a request, held until it is kept or the request is refused.</summary>
internal sealed class ModelChoice : IDisposable
{
    private ModelLease? lease;

    /// <param name="registry">Where models are.</param>
    /// <param name="defaults">Names for requests without a model, in order of preference.</param>
    /// <param name="model"><c>name</c>, <c>name@3</c>, <c>name@alias</c>, or null.</param>
    /// <param name="sampler">The sampler asked for, if any: a default model must be one that it can serve.</param>
    /// <param name="errors">Told when there is no such model.</param>
    public ModelChoice(ModelRegistry registry, IEnumerable<string> defaults, string? model, ISampler? sampler, RequestErrors errors)
    {
        if (model is null) lease = Default(registry, [.. defaults], sampler, errors);
        else lease = Named(registry, model, errors);
    }

    public ModelLease? Lease => lease;

    public ModelLease Keep()
    {
        var kept = lease!;
        lease = null;
        return kept;
    }

    public void Dispose() => lease?.Dispose();

    private static ModelLease? Named(ModelRegistry registry, string model, RequestErrors errors)
    {
        var (name, version) = CheckpointNames.Split(model);
        if (version != "" && registry.Acquire(name, version) is { } found)
        {
            if (!found.Manifest.IsClassifier) return found;
            found.Dispose();
            errors.Unsupported("model", $"'{name}' is a noisy classifier, which makes no pictures; name it in classifier, and a model that it shall guide in model.");
            return null;
        }
        if (registry.Describe(name) is { } known)
        {
            var aliases = known.Aliases.Count == 0 ? "" : $"; aliases: {string.Join(", ", known.Aliases.Keys)}";
            errors.UnknownModel($"Model '{name}' has no version '{version}'; versions: {string.Join(", ", known.Versions)}{aliases}.");
        }
        else
        {
            errors.UnknownModel($"Unknown model '{name}'; {Known(registry)}.");
        }
        return null;
    }

    private static ModelLease? Default(ModelRegistry registry, IReadOnlyList<string> defaults, ISampler? sampler, RequestErrors errors)
    {
        var reasons = new List<string>();
        foreach (var name in defaults)
        {
            if (registry.Manifest(name) is not { } manifest) continue;
            if (sampler?.Refuses(manifest.Traits) is { } reason) reasons.Add(reason);
            else if (registry.Acquire(name, null) is { } found) return found;
        }
        if (reasons.Count == 0)
            errors.UnknownModel($"None of the default models ({string.Join(", ", defaults)}) is there; name one; {Known(registry)}.");
        else
            errors.Unsupported("sampler", $"{reasons[0]} Name a model that it can serve: {Servable(registry, sampler!)}.");
        return null;
    }

    private static string Known(ModelRegistry registry)
    {
        var names = registry.Describe().Where(m => !m.Manifest.IsClassifier).Select(m => m.Name).ToArray();
        return names.Length == 0 ? "there are no models" : $"there are: {string.Join(", ", names)}";
    }

    private static string Servable(ModelRegistry registry, ISampler sampler)
    {
        var names = registry.Describe().Where(m => m.Samplers.Contains(sampler.Name)).Select(m => m.Name).ToArray();
        return names.Length == 0 ? "there is none yet" : string.Join(", ", names);
    }
}
