using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Samplers;

namespace Diffusion.Exchange;

/// <summary>A manifest from elsewhere: everything in it that this build will rely on must make sense.</summary>
internal static class ForeignManifest
{
    private const int MostLinks = 256;

    /// <exception cref="ImportRefusedException">It is damaged, or a member is not what it can be.</exception>
    public static CheckpointManifest Read(byte[] text, ImportLimits limits)
    {
        try
        {
            var manifest = ManifestJson.Parse<CheckpointManifest>(text, CheckpointStore.ManifestFile);
            return Refusal(manifest, limits) is { } refusal ? throw ImportRefusedException.Damaged(CheckpointStore.ManifestFile, refusal) : manifest;
        }
        catch (CheckpointException damage)
        {
            throw ImportRefusedException.Damaged(CheckpointStore.ManifestFile, damage.Message, damage);
        }
    }

    private static string? Refusal(CheckpointManifest manifest, ImportLimits limits) =>
        !CheckpointNames.IsName(manifest.Model) || manifest.Version < 1 ? "model and version must be those of a version."
        : OfFiles(manifest.Files, limits)
        ?? OfNetwork(manifest, limits)
        ?? OfTexts(manifest)
        ?? OfLineage(manifest.Ancestry)
        ?? OfSampling(manifest);

    private static string? OfFiles(IReadOnlyDictionary<string, FileDigest> files, ImportLimits limits)
    {
        if (!files.ContainsKey(CheckpointVersion.WeightsFile)) return $"files must have {CheckpointVersion.WeightsFile}.";
        if (files.Count > limits.Entries) return $"files must be up to {limits.Entries}.";
        if (files.Keys.FirstOrDefault(f => !CheckpointNames.IsFile(f)) is { } bad) return $"files has '{bad}', which is not an allowed name.";
        return files.Values.Any(f => f.Bytes < 0 || f.Bytes > limits.Bytes) ? $"files must have up to {limits.Bytes} bytes." : null;
    }

    private static string? OfNetwork(CheckpointManifest manifest, ImportLimits limits)
    {
        var network = manifest.Network;
        try
        {
            if (manifest.IsClassifier) NoisyClassifier.Validate(network);
            else network.Validate();
            CheckpointStore.RequireSchedule(manifest.Schedule, CheckpointStore.ManifestFile);
        }
        catch (ArgumentException wrong)
        {
            return $"network: {wrong.Message}";
        }
        if (network.ImageSize > limits.ImageSize) return $"network.imageSize must be up to {limits.ImageSize}, got {network.ImageSize}.";
        if (network.Channels is not (1 or 3)) return $"network.channels must be 1 or 3, got {network.Channels}.";
        if (!Enum.IsDefined(manifest.Prediction)) return "prediction is none that this build knows.";
        if (manifest.Mismatch is { } mismatch) return mismatch;
        return manifest.Labels is { } labels && labels.Count != (network.Classes ?? 0) ? $"labels must name the {network.Classes ?? 0} classes, got {labels.Count}." : null;
    }

    private static string? OfTexts(CheckpointManifest manifest)
    {
        if (!IsText(manifest.Objective) || !IsText(manifest.Data.Name) || manifest.Labels?.All(IsText) == false || manifest.Job is { } job && !(IsText(job.Name) && IsText(job.Sha256)))
            return $"objective, data, labels and job must be 1 to {VersionResult.LongestText} characters without control characters.";
        if (manifest.ImagesSeen < 0 || manifest.Data.Images < 0) return "imagesSeen and data.images must be at least 0.";
        return manifest.Metrics.Count > VersionResult.MostMetrics || manifest.Metrics.Any(m => !IsText(m.Key) || !double.IsFinite(m.Value))
            ? $"metrics must be up to {VersionResult.MostMetrics} finite figures by name." : null;
    }

    private static string? OfLineage(IReadOnlyList<LineageLink> links) =>
        links.Count > MostLinks || links.Any(l => !CheckpointNames.IsName(l.Model) || l.Version < 1 || !IsText(l.Role)) ? $"parents must be up to {MostLinks} versions with their parts." : null;

    private static string? OfSampling(CheckpointManifest manifest)
    {
        if (manifest.Sampling is not { } sampling) return null;
        if (SamplerCatalog.Find(sampling.Sampler) is not { } sampler) return $"sampling.sampler is '{sampling.Sampler}', which this build does not have.";
        if (sampler.Refuses(manifest.Traits) is { } refusal) return $"sampling.sampler: {refusal}";
        if (!double.IsFinite(sampling.Guidance)) return "sampling.guidance must be finite.";
        if (sampling.Steps > manifest.Schedule.Steps) return $"sampling.steps must be up to {manifest.Schedule.Steps}, got {sampling.Steps}.";
        try
        {
            sampler.Compile(manifest.Traits, new SamplingOptions(sampler, sampling.Steps, sampling.Options));
            return null;
        }
        catch (SamplingOptionException wrong)
        {
            return $"sampling: {wrong.Message}";
        }
    }

    private static bool IsText(string text) => text.Length is > 0 and <= VersionResult.LongestText && !text.Any(char.IsControl);
}
