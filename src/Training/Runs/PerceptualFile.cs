using System.Text.Json;
using Diffusion.Training.Evaluation;
using Diffusion.Training.Files;
using Diffusion.Training.Jobs;

namespace Diffusion.Training.Runs;

/// <summary>The TorchScript file that a run measured Pseudo-LPIPS with; kept with the run and with what it publishes.</summary>
/// <param name="File">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">SHA-256, lower-case hex.</param>
internal sealed record PerceptualFile(string File, long Bytes, string Sha256)
{
    /// <summary>What it is called in a run and in a version.</summary>
    public const string FileName = "perceptual.json";

    private const string Field = "objective.loss.kind", Setting = $"{TrainingOptions.Section}:{nameof(TrainingOptions.PerceptualNetwork)}";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Whether a job needs such a file.</summary>
    public static bool IsNeeded(TrainingJob job) => job is DenoiserJob { Objective.Loss.Kind: DistanceSettings.PseudoLpips };

    /// <summary>Why a job that needs one cannot start, or null.</summary>
    public static string? Problem(TrainingJob job, TrainingOptions options)
    {
        if (!IsNeeded(job)) return null;
        if (options.PerceptualNetwork.Length == 0)
            return $"{Field}: pseudo-lpips needs a perceptual network, and none is set; name its TorchScript file in {Setting}, or take pseudo-huber.";
        return System.IO.File.Exists(options.PerceptualNetwork) ? null : $"{Field}: the perceptual network of {Setting} is not there.";
    }

    /// <summary>Settles which file a run uses when it begins; later it must be the same one, for another would make another model of the same job.</summary>
    /// <param name="path">The file of the settings.</param>
    /// <param name="kept">Where the run keeps what it was.</param>
    /// <exception cref="TrainingJobException">It is another file than the run began with.</exception>
    public static void Settle(string path, string kept)
    {
        var digest = DurableFile.Digest(path);
        var found = new PerceptualFile(Path.GetFileName(path), digest.Bytes, digest.Sha256);
        if (!System.IO.File.Exists(kept)) DurableFile.Write(kept, JsonSerializer.SerializeToUtf8Bytes(found, Json));
        else if (JsonSerializer.Deserialize<PerceptualFile>(System.IO.File.ReadAllBytes(kept), Json) is { } began && began.Sha256 != found.Sha256)
            throw new TrainingJobException([$"{Field}: the run began with the perceptual network {began.File} of SHA-256 {began.Sha256}; {Setting} names another, {found.Sha256}."]);
    }
}
