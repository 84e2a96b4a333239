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
        http.Response.Headers.Vary = "Accept";
        switch (record.State)
        {
            case RecordState.Queued or RecordState.Running:
                return keeping.Later(http, record);
            case RecordState.Failed:
                throw new RequestRefusedException(ProblemCatalogue.GenerationFailed, $"{GenerationProblem.Of(record.Problem!, record.Detail).Title}. {record.Detail}");
            case RecordState.Canceled:
                throw new RequestRefusedException(ProblemCatalogue.Canceled, $"Generation {id} was canceled.");
        }
        var query = ResultQuery.Read(http.Request, record.Answer);
        var result = record.State == RecordState.Expired ? null : archive.ReadResult(record);
        if (result is null) throw new RequestRefusedException(ProblemCatalogue.ResultExpired, $"The result of generation {id} was removed; its seed makes the pictures again.");
        PixelLimit.Check(result.Count, Math.Max(result.Width, result.Height), query.Scale);
        var started = Stopwatch.GetTimestamp();
        var body = PictureParcel.Pack(record.Facts, result, query.Format, query.Scale);
        Describe(http.Response.Headers, record.Facts, result, query.Format, Stopwatch.GetElapsedTime(started));
        http.Response.Headers.CacheControl = "private, no-cache";
        return TypedResults.Bytes(
            body, query.Format.MediaType, enableRangeProcessing: true, lastModified: record.Ended,
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
        headers["Server-Timing"] = string.Create(
            CultureInfo.InvariantCulture,
            $"queue;dur={result.QueueMilliseconds:0.###}, sample;dur={result.SampleMilliseconds:0.###}, encode;dur={encoding.TotalMilliseconds:0.###}");
        headers.ContentDisposition = $"inline; filename=\"{PictureParcel.FileName(facts, format)}\"";
    }
}
