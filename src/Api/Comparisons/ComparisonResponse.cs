using System.Globalization;
using System.Text.Json.Serialization;
using Diffusion.Api.Pictures;
using Diffusion.Imaging;

namespace Diffusion.Api.Comparisons;

/// <summary>The same seeds by several settings, and what each took.</summary>
/// <param name="Seed">Of all runs, as text; the field <c>seed</c> accepts it as it is.</param>
/// <param name="Runs">In the order they were asked for.</param>
internal sealed record ComparisonResponse(string Seed, IReadOnlyList<ComparisonRun> Runs)
{
    public static ComparisonResponse Of(IReadOnlyList<ComparedRun> runs, int scale) => new(
        runs[0].Facts.Seed.ToString(CultureInfo.InvariantCulture),
        [.. runs.Select(r => new ComparisonRun(
            PictureParcel.NameOf(r.Facts), r.Facts.Sampler, r.Facts.Steps, r.Facts.Guidance, r.Result.Count, r.Result.QueueMilliseconds, r.Result.SampleMilliseconds,
            ImageEncoder.Encode(new PictureSet(r.Facts, r.Result, scale).Sheet(), "png")))]);
}

/// <summary>One setting.</summary>
/// <param name="Model">Model and version, such as <c>digits-ddpm@3</c>.</param>
/// <param name="Sampler">Sampler.</param>
/// <param name="Steps">Network evaluations per picture, guidance not counted.</param>
/// <param name="Guidance">Classifier-free guidance scale; 1 is none.</param>
/// <param name="Count">Pictures.</param>
/// <param name="QueueMilliseconds">From acceptance to the first batch.</param>
/// <param name="SampleMilliseconds">From the first batch to the last: the wall time.</param>
/// <param name="Png">All its pictures on one sheet, as base64 PNG.</param>
internal sealed record ComparisonRun(
    string Model, string Sampler, int Steps, double Guidance, int Count, double QueueMilliseconds, double SampleMilliseconds, [property: JsonPropertyName("png")] byte[] Png);
