using System.Globalization;
using System.Text.Json;
using Diffusion.Api.Contracts;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Store;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Endpoints;

/// <summary>Makes generations durable and answers for them: 201 with the ended one, 202 with where to look later.</summary>
internal sealed class GenerationKeeping(GenerationService generations, GenerationArchive archive, IOptions<JsonOptions> json)
{
    /// <summary>Keeps a generation that was submitted a moment ago; if that cannot be promised it is canceled.</summary>
    public async Task<GenerationRecord> KeepAsync(HttpContext http, Generation generation, IReadOnlyDictionary<string, string> wishes)
    {
        try
        {
            return await archive.KeepAsync(generation, wishes, http.Features.Get<AnswerClaim>(), Promise);
        }
        catch
        {
            generation.Cancel();
            throw;
        }
    }

    /// <summary>Waits for the end as long as the caller prefers, and answers.</summary>
    public async Task<IResult> AnswerAsync(HttpContext http, GenerationRecord record, Preferences preferences)
    {
        if (preferences.Wait is { } wait)
        {
            await archive.WaitAsync(record.Id, wait, http.RequestAborted);
            record = archive.Find(record.Id) ?? record;
        }
        preferences.Echo(http.Response.Headers, answeredLater: !record.IsFinal);
        return record.IsFinal ? TypedResults.Created(GenerationResponse.PathOf(record.Id), GenerationResponse.Of(record)) : Later(http, record);
    }

    /// <summary>202: it goes on, and this is when to look again.</summary>
    public IResult Later(HttpContext http, GenerationRecord record)
    {
        http.Response.Headers.RetryAfter = RetryAfter();
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Accepted(GenerationResponse.PathOf(record.Id), GenerationResponse.Of(record));
    }

    // what a repetition of the request is told when this process dies before it has answered
    private KeptAnswer Promise(GenerationRecord record) => new(
        StatusCodes.Status202Accepted,
        new Dictionary<string, string>
        {
            ["Content-Type"] = "application/json; charset=utf-8",
            ["Location"] = GenerationResponse.PathOf(record.Id),
            ["Retry-After"] = RetryAfter(),
        },
        JsonSerializer.SerializeToUtf8Bytes(GenerationResponse.Of(record), json.Value.SerializerOptions));

    private string RetryAfter() => Math.Max(1, (int)Math.Ceiling(generations.Predict().TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
