using System.Text;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;
using Diffusion.Training.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Diffusion.Api.Endpoints;

/// <summary>What the calls on image sets do.</summary>
internal static class DatasetCalls
{
    public const string LinesType = "application/x-ndjson";

    /// <summary>The most lines that can be asked for at once; without a limit there are all.</summary>
    public const int MaxLines = 100_000;

    private const int UsualLimit = 50;

    public static Ok<DatasetPage> List(HttpRequest request, ImageSetCatalog sets)
    {
        var query = new TrainingQuery(request, "limit", "cursor");
        var (limit, cursor) = (query.Whole("limit", 1, TrainingQuery.MaxLimit) ?? UsualLimit, query.Text("cursor"));
        query.Close();
        var names = sets.Names.Where(n => cursor is null || string.CompareOrdinal(n, cursor) > 0).Take(limit + 1).ToArray();
        var (items, damaged) = (new List<DatasetResponse>(), new List<DamagedDataset>());
        foreach (var name in names.Take(limit))
        {
            try
            {
                if (sets.Find(name) is { } set) items.Add(DatasetResponse.Of(set, sets));
            }
            catch (DamagedDataException wrong)
            {
                damaged.Add(new DamagedDataset(name, wrong.Problem));
            }
        }
        return TypedResults.Ok(new DatasetPage(items, damaged, names.Length > limit ? names[limit - 1] : null));
    }

    public static Ok<DatasetResponse> Get(string name, HttpRequest request, ImageSetCatalog sets)
    {
        new TrainingQuery(request).Close();
        return TypedResults.Ok(DatasetResponse.Of(sets.Known(name), sets));
    }

    public static IResult Preview(string name, HttpRequest request, ImageSetCatalog sets)
    {
        new TrainingQuery(request).Close();
        var set = sets.Known(name);
        request.HttpContext.Response.Headers.CacheControl = "private, no-cache";
        return TypedResults.Bytes(sets.Preview(name) ?? throw Unknown(name), "image/png", lastModified: set.Imported, entityTag: new EntityTagHeaderValue($"\"{set.Sha256[..16]}\""));
    }

    public static IResult Refused(string name, HttpRequest request, ImageSetCatalog sets) => Lines(request, sets.Refused(name) ?? throw Unknown(name));

    public static IResult Duplicates(string name, HttpRequest request, ImageSetCatalog sets) => Lines(request, sets.Duplicates(name) ?? throw Unknown(name));

    public static NoContent Delete(string name, HttpRequest request, ImageSetCatalog sets)
    {
        new TrainingQuery(request).Close();
        return sets.Delete(name) ? TypedResults.NoContent() : throw Unknown(name);
    }

    /// <summary>The set of that name.</summary>
    /// <exception cref="RequestRefusedException">There is none.</exception>
    public static ImageSetFacts Known(this ImageSetCatalog sets, string name) => sets.Find(name) ?? throw Unknown(name);

    private static IResult Lines(HttpRequest request, IEnumerable<string> lines)
    {
        var query = new TrainingQuery(request, "from", "limit");
        var (from, limit) = (query.Whole("from", 0, int.MaxValue) ?? 0, query.Whole("limit", 1, MaxLines));
        query.Close();
        var wanted = limit is { } most ? lines.Skip(from).Take(most) : lines.Skip(from);
        var gone = request.HttpContext.RequestAborted;
        return TypedResults.Stream(async body =>
        {
            await using var text = new StreamWriter(body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\n" };
            foreach (var line in wanted) await text.WriteLineAsync(line.AsMemory(), gone);
        }, LinesType);
    }

    private static RequestRefusedException Unknown(string name) => new(
        ProblemCatalogue.UnknownDataset, $"There is no image set '{name}'.", [new FieldError("name", $"There is no image set '{name}'; GET /v1/datasets lists them.")]);
}
