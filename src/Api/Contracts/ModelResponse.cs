using Diffusion.Checkpoints;
using Diffusion.Inference.Models;

namespace Diffusion.Api.Contracts;

/// <summary>A model that can be asked for.</summary>
/// <param name="Name">The value of the field <c>model</c>.</param>
/// <param name="Version">The version that a request without one gets.</param>
/// <param name="Versions">All versions, ascending; <c>name@3</c> asks for one of them.</param>
/// <param name="Aliases">Alias to version; <c>name@alias</c> asks for it.</param>
/// <param name="Width">Width of a picture in pixels.</param>
/// <param name="Height">Height of a picture in pixels.</param>
/// <param name="Channels">1 for grey, 3 for colour.</param>
/// <param name="TimeSteps">T of its noise schedule, which is also the largest number of steps.</param>
/// <param name="Schedule">Its noise schedule by name.</param>
/// <param name="Objective">What it was trained for.</param>
/// <param name="LearnedVariance">Whether its network says a variance for each pixel, which <c>variance=learned</c> of the sampler <c>ddpm</c> takes.</param>
/// <param name="Labels">Names of its classes in the order of their numbers, or null.</param>
/// <param name="Samplers">The samplers that can serve it.</param>
/// <param name="Sampling">What a request gets that names no sampler, steps or guidance.</param>
/// <param name="Data">The data set it was trained on.</param>
/// <param name="ImagesSeen">Training images seen, repeats counted.</param>
/// <param name="Metrics">Measured quality by name.</param>
/// <param name="Loaded">Its versions that are in memory, ascending: bytes, users, and the sizes of batch in which strict pictures run.</param>
/// <param name="Created">When this version was published.</param>
/// <param name="Refused">Versions that are damaged or could not be loaded, by number, and why. A request without a version never gets one of them.</param>
/// <param name="Problem">Why the aliases may not be what they were: their file is damaged. Null if they are sound.</param>
internal sealed record ModelResponse(
    string Name, int Version, IReadOnlyList<int> Versions, IReadOnlyDictionary<string, int> Aliases,
    int Width, int Height, int Channels, int TimeSteps, string Schedule, string Objective, bool LearnedVariance,
    IReadOnlyList<string>? Labels, IReadOnlyList<string> Samplers, SamplingDefaults? Sampling,
    string Data, long ImagesSeen, IReadOnlyDictionary<string, double> Metrics, IReadOnlyList<LoadedVersion> Loaded, DateTimeOffset Created,
    IReadOnlyDictionary<string, string> Refused, string? Problem)
{
    /// <summary>The public view of a served model.</summary>
    public static ModelResponse Of(ModelDescription model)
    {
        var manifest = model.Manifest;
        return new(
            model.Name, model.Version, model.Versions, model.Aliases,
            manifest.Network.ImageSize, manifest.Network.ImageSize, manifest.Network.Channels,
            manifest.Schedule.Steps, manifest.Schedule.Name, manifest.Objective, manifest.Network.LearnedVariance,
            manifest.Labels, model.Samplers, manifest.Sampling,
            manifest.Data.Name, manifest.ImagesSeen, manifest.Metrics, model.Loaded, manifest.Created,
            model.Refused.ToDictionary(r => r.Key.ToString(System.Globalization.CultureInfo.InvariantCulture), r => r.Value), model.Problem);
    }
}
