using System.Globalization;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Store;

namespace Diffusion.Api.Contracts;

/// <summary>A generation: where it stands, and all that is needed to make its pictures again.</summary>
/// <param name="Id">Unique, sorts by time of acceptance.</param>
/// <param name="State">Where it stands; succeeded, failed, canceled and expired are final.</param>
/// <param name="Durable">Whether it survives a restart; those of a plain POST /generate do not.</param>
/// <param name="Kind">What it makes.</param>
/// <param name="Model">Model and version, such as <c>digits-ddpm@3</c>; valid as the field <c>model</c>.</param>
/// <param name="Sampler">Sampler.</param>
/// <param name="Steps">Network evaluations per picture, guidance not counted.</param>
/// <param name="Options">The sampler's options that differ from its defaults.</param>
/// <param name="N">Pictures.</param>
/// <param name="Seed">The seed as text, because JavaScript rounds numbers above 2^53; the field <c>seed</c> accepts it as it is.</param>
/// <param name="Labels">Classes, used in turn over the pictures; empty is unconditional.</param>
/// <param name="Guidance">Classifier-free guidance scale s; 1 is none.</param>
/// <param name="GuidanceRescale">Its share that is brought back, where it is.</param>
/// <param name="GuidanceParallel">The share that is kept of what guidance adds along the estimate, where it is not all.</param>
/// <param name="DynamicThreshold">The percentile where estimates are clipped, as a share, where it is not the range of images.</param>
/// <param name="Classifier">The noisy classifier that guides, with its version, if one does.</param>
/// <param name="ClassifierScale">How strongly.</param>
/// <param name="Determinism">How exactly the seed fixes the pictures.</param>
/// <param name="CreatedAt">When it was accepted.</param>
/// <param name="StartedAt">When its first row ran.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="ExpiresAt">When its result is removed at the latest.</param>
/// <param name="QueueMilliseconds">From acceptance to the first batch.</param>
/// <param name="SampleMilliseconds">From the first batch to the last.</param>
/// <param name="Problem">Why it failed.</param>
/// <param name="Links">Where its parts are.</param>
internal sealed record GenerationResponse(
    string Id, RecordState State, bool Durable, GenerationKind Kind, string Model, string Sampler, int Steps, IReadOnlyDictionary<string, string> Options,
    int N, string Seed, IReadOnlyList<int> Labels, double Guidance, double? GuidanceRescale, double? GuidanceParallel, double? DynamicThreshold, string? Classifier, double? ClassifierScale, Determinism Determinism, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt, DateTimeOffset? ExpiresAt, double? QueueMilliseconds, double? SampleMilliseconds, GenerationProblem? Problem, GenerationLinks Links)
{
    /// <summary>The answer for a record.</summary>
    public static GenerationResponse Of(GenerationRecord record)
    {
        var (request, path) = (record.Request, PathOf(record.Id));
        return new GenerationResponse(
            record.Id, record.State, record.IsDurable, request.Kind, request.Model!, request.Sampler!, request.Steps!.Value, request.Options,
            request.Count, request.Seed!.Value.ToString(CultureInfo.InvariantCulture), request.Labels, request.Guidance!.Value, request.GuidanceRescale, request.GuidanceParallel, request.DynamicThreshold, request.Classifier, request.ClassifierScale, request.Determinism,
            record.Created, record.Started, record.Ended, record.Expires, record.QueueMilliseconds, record.SampleMilliseconds,
            record.Problem is { } slug ? GenerationProblem.Of(slug, record.Detail) : null,
            new GenerationLinks(path, path + "/result", path + "/events", request.Record is null ? null : path + "/frames", path + "/cancel"));
    }

    /// <summary>Where a generation is.</summary>
    public static string PathOf(string id) => "/v1/generations/" + id;
}

/// <summary>Why a generation failed.</summary>
/// <param name="Type">The type of the problem; it answers GET with an explanation.</param>
/// <param name="Title">The same words for every occurrence.</param>
/// <param name="Detail">What happened this time.</param>
internal sealed record GenerationProblem(string Type, string Title, string? Detail)
{
    /// <summary>The problem of a slug.</summary>
    public static GenerationProblem Of(string slug, string? detail)
    {
        var problem = ProblemCatalogue.Find(slug) ?? ProblemCatalogue.EngineError;
        return new GenerationProblem(problem.Type, problem.Title, detail);
    }
}

/// <summary>Where the parts of a generation are.</summary>
/// <param name="Self">Itself.</param>
/// <param name="Result">Its pictures.</param>
/// <param name="Events">What happens to it, as server-sent events.</param>
/// <param name="Frames">How its pictures came about; only where frames are kept.</param>
/// <param name="Cancel">POST ends it.</param>
internal sealed record GenerationLinks(string Self, string Result, string Events, string? Frames, string Cancel);

/// <summary>Some of the generations, newest first.</summary>
/// <param name="Items">Those of this page.</param>
/// <param name="Next">The <c>cursor</c> of the next page; none on the last.</param>
internal sealed record GenerationPage(IReadOnlyList<GenerationResponse> Items, string? Next);
