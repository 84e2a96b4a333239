using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Pictures;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Store;
using Microsoft.Net.Http.Headers;

namespace Diffusion.Api.Endpoints;

/// <summary>The pictures of generations that ended, by <c>format</c> or Accept.</summary>
internal static class GenerationResults
{
    private const int TagBytes = 12;

    /// <summary>200 with the pictures, or a part of them; 202 while it runs; else the reason why there are none.</summary>
    public static IResult Answer(string id, HttpContext http, GenerationArchive archive, GenerationKeeping keeping)
    {
        var record = archive.Known(id);
        if (Unfinished(record, http, keeping) is { } later) return later;
        var query = ResultQuery.Read(http.Request, record.Answer);
        var result = ResultOf(record, archive);
        return File(http, record, result, query.Format, query.Scale, query.Format.Pack, query.Format.Describe);
    }

    /// <summary>The same with the frames that were kept.</summary>
    public static IResult AnswerFrames(string id, HttpContext http, GenerationArchive archive, GenerationKeeping keeping)
    {
        var record = archive.Known(id);
        if (Unfinished(record, http, keeping) is { } later) return later;
        var query = FramesQuery.Read(http.Request);
        var result = ResultOf(record, archive);
        var chosen = result with { Trajectory = new PictureSet(record.Facts, result, query.Scale).Frames.Select(query.Frames, query.Kinds) };
        return File(http, record, chosen, query.Format, query.Scale, query.Format.PackFrames, query.Format.DescribeFrames);
    }

    private static IResult? Unfinished(GenerationRecord record, HttpContext http, GenerationKeeping keeping)
    {
        http.Response.Headers.Vary = "Accept";
        return record.State switch
        {
            RecordState.Queued or RecordState.Running => keeping.Later(http, record),
            RecordState.Failed => throw new RequestRefusedException(
                ProblemCatalogue.GenerationFailed, $"{GenerationProblem.Of(record.Problem!, record.Detail).Title}. {record.Detail}"),
            RecordState.Canceled => throw new RequestRefusedException(ProblemCatalogue.Canceled, $"Generation {record.Id} was canceled."),
            _ => null,
        };
    }

    private static GenerationResult ResultOf(GenerationRecord record, GenerationArchive archive) =>
        (record.State == RecordState.Expired ? null : archive.ReadResult(record)) ?? throw new RequestRefusedException(
            ProblemCatalogue.ResultExpired, $"The result of generation {record.Id} was removed; its seed makes the pictures again.");

    private static IResult File(
        HttpContext http, GenerationRecord record, GenerationResult result, PictureFormat format, int scale,
        Func<PictureSet, byte[]> pack, Action<IHeaderDictionary, GenerationResult> describe)
    {
        PixelLimit.Check(result.Count * (format.HoldsFrames ? 1 + (result.Trajectory?.Steps.Count ?? 0) : 1), Math.Max(result.Width, result.Height), scale);
        var started = Stopwatch.GetTimestamp();
        var body = pack(new PictureSet(record.Facts, result, scale));
        Describe(http.Response.Headers, record.Facts, result, format, Stopwatch.GetElapsedTime(started));
        describe(http.Response.Headers, result);
        http.Response.Headers.CacheControl = "private, no-cache";
        return TypedResults.Bytes(
            body, format.MediaType, enableRangeProcessing: true, lastModified: record.Ended,
            entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, TagBytes))}\""));
    }

    /// <summary>Tells in headers what the pictures are.</summary>
    public static void Describe(IHeaderDictionary headers, GenerationFacts facts, GenerationResult result, PictureFormat format, TimeSpan encoding)
    {
        headers["X-Generation-Id"] = facts.Id;
        if (facts.Kind == GenerationKind.Generation) headers["X-Seed"] = facts.Seed.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in StartFigures.Headers(facts, result)) headers[name] = value;
        headers["X-Model"] = PictureParcel.NameOf(facts);
        headers["X-Sampler"] = facts.Sampler;
        headers["X-Determinism"] = facts.Determinism == Determinism.Strict ? "strict" : "seeded";
        headers["Server-Timing"] = string.Create(
            CultureInfo.InvariantCulture,
            $"queue;dur={result.QueueMilliseconds:0.###}, sample;dur={result.SampleMilliseconds:0.###}, encode;dur={encoding.TotalMilliseconds:0.###}");
        headers.ContentDisposition = $"inline; filename=\"{PictureParcel.FileName(facts, format)}\"";
    }
}
