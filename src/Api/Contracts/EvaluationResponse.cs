using Diffusion.Noise;
using Diffusion.Training.Evaluation;
using Diffusion.Training.EvaluationJobs;

namespace Diffusion.Api.Contracts;

/// <summary>An evaluation of a model version.</summary>
/// <param name="Id">Unique, sorts by time of arrival.</param>
/// <param name="State">Where it stands; succeeded, failed and cancelled are final.</param>
/// <param name="Model">The model.</param>
/// <param name="Version">Its version.</param>
/// <param name="Data">The image set that is compared with.</param>
/// <param name="Split">Which part of it.</param>
/// <param name="Samples">Pictures of each point, and images that its bound is of.</param>
/// <param name="Seed">Seed of the pictures.</param>
/// <param name="Metrics">What is measured.</param>
/// <param name="NllCdf">How nll computes the mass of a level, if it is measured.</param>
/// <param name="Features">What distances are measured in: <c>classifier</c> or <c>network</c>.</param>
/// <param name="Classifier">The classifier, if one takes part.</param>
/// <param name="Submitted">When it came, UTC.</param>
/// <param name="Started">When it first ran, UTC.</param>
/// <param name="Ended">When it ended, UTC.</param>
/// <param name="Progress">How far it is.</param>
/// <param name="Points">Each sampler at each step count, with its figures once they are there.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Links">Where it is, and where the version is.</param>
internal sealed record EvaluationResponse(
    string Id, EvaluationState State, string Model, int Version, string Data, string Split, int Samples, ulong Seed, IReadOnlyList<string> Metrics, NormalCdf? NllCdf, string Features, string? Classifier,
    DateTimeOffset Submitted, DateTimeOffset? Started, DateTimeOffset? Ended, EvaluationProgress Progress, IReadOnlyList<EvaluationPointResponse> Points, string? Error, EvaluationLinks Links)
{
    /// <summary>Where an evaluation is.</summary>
    public static string PathOf(string id) => "/v1/evaluations/" + id;

    public static EvaluationResponse Of(EvaluationRecord record, EvaluationQueue queue)
    {
        var plan = record.Plan;
        return new EvaluationResponse(
            record.Id, record.State, plan.Model, plan.Version, plan.Data, plan.Split, plan.Samples, plan.Seed, plan.Metrics, plan.Metrics.Contains(MetricNames.Nll) ? plan.NllCdf : null, plan.Features, plan.Classifier,
            record.Submitted, record.Started, record.Ended, EvaluationProgress.Of(record, queue.Pictures(record.Id)),
            [.. record.Points.Select(EvaluationPointResponse.Of)],
            record.Error, new EvaluationLinks(PathOf(record.Id), $"/v1/models/{plan.Model}/versions/{plan.Version}"));
    }
}

/// <summary>How far an evaluation is.</summary>
/// <param name="Points">Samplers at step counts.</param>
/// <param name="PointsDone">Those that are measured.</param>
/// <param name="Pictures">Pictures of all points.</param>
/// <param name="PicturesDone">Those that are drawn.</param>
/// <param name="Share">Network evaluations done of all, 0..1.</param>
internal sealed record EvaluationProgress(int Points, int PointsDone, long Pictures, long PicturesDone, double Share)
{
    public static EvaluationProgress Of(EvaluationRecord record, int drawn)
    {
        var (samples, done, next) = (record.Plan.DrawsPictures ? (long)record.Plan.Samples : 0, record.Done, record.Points.FirstOrDefault(p => p.Metrics is null));
        if (next is null) drawn = 0;
        if (samples == 0) return new EvaluationProgress(record.Points.Count, done, 0, 0, (double)done / record.Points.Count);
        double all = record.Points.Sum(p => samples * p.Steps), measured = record.Points.Where(p => p.Metrics is not null).Sum(p => samples * p.Steps);
        return new EvaluationProgress(record.Points.Count, done, samples * record.Points.Count, samples * done + drawn, (measured + (next is null ? 0 : (double)drawn * next.Steps)) / all);
    }
}

/// <summary>One sampler at one step count.</summary>
/// <param name="Sampler">The sampler.</param>
/// <param name="Steps">Network evaluations a picture.</param>
/// <param name="Options">Sampler options.</param>
/// <param name="Guidance">Scale of classifier-free guidance; 1 is none.</param>
/// <param name="GuidanceRescale">Share of guidance rescale; 0 is none.</param>
/// <param name="GuidanceParallel">Share that is kept of what guidance adds along the estimate; 1 keeps all.</param>
/// <param name="DynamicThreshold">Percentile of dynamic thresholding as a share; none if it clips as the sampler does.</param>
/// <param name="GuidingClassifier">The noisy classifier that guides, NAME@VERSION; none if there is none.</param>
/// <param name="ClassifierScale">Its scale.</param>
/// <param name="Measured">When it was measured, UTC.</param>
/// <param name="Metrics">The figures by name.</param>
internal sealed record EvaluationPointResponse(
    string Sampler, int Steps, IReadOnlyDictionary<string, string> Options, double Guidance, double GuidanceRescale, double GuidanceParallel, double? DynamicThreshold,
    string? GuidingClassifier, double? ClassifierScale, DateTimeOffset? Measured, IReadOnlyDictionary<string, double>? Metrics)
{
    public static EvaluationPointResponse Of(EvaluationPoint point)
    {
        var steering = point.Steering;
        return new(
            point.Sampler, point.Steps, point.Options, point.Guidance, steering.GuidanceRescale, steering.GuidanceParallel, steering.DynamicThreshold,
            steering.Classifier?.Reference, steering.Classifier?.Scale, point.Measured, point.Metrics);
    }
}

/// <summary>Where an evaluation and what it measures are.</summary>
/// <param name="Self">Itself.</param>
/// <param name="Version">The version, to which the figures are attached.</param>
internal sealed record EvaluationLinks(string Self, string Version);

/// <summary>Some of the evaluations, newest first.</summary>
/// <param name="Items">Those of this page.</param>
/// <param name="Next">The <c>cursor</c> of the next page; none on the last.</param>
internal sealed record EvaluationPage(IReadOnlyList<EvaluationResponse> Items, string? Next);
