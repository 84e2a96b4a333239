using System.Text.Json;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Pictures;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Comparisons;

/// <summary>Several ways to make the same pictures, as they were asked for.</summary>
/// <param name="Runs">What to generate, and the fields that each run has of its own.</param>
/// <param name="Format">PNG, JPEG, WebP or JSON; null leaves it to Accept.</param>
/// <param name="Scale">Whole-number magnification, 1..16.</param>
internal sealed record ComparisonCommand(IReadOnlyList<(GenerationRequest Request, IReadOnlyCollection<string> Own)> Runs, PictureFormat? Format, int Scale)
{
    /// <summary>The member that lists the runs.</summary>
    public const string Member = "runs";

    /// <summary>Fewest and most runs.</summary>
    public const int Fewest = 2, Most = 8;

    /// <summary>The formats that can show several runs.</summary>
    public static IReadOnlyList<PictureFormat> Formats { get; } = [PictureFormat.Png, PictureFormat.Jpeg, PictureFormat.Webp, PictureFormat.Json];

    /// <summary>What must be the same in all runs, for the comparison to be one.</summary>
    public static IReadOnlyList<string> Shared { get; } = ["n", "seed", "format", "scale"];

    /// <summary>Fields of POST /generate that mean nothing here.</summary>
    public static IReadOnlyList<string> Foreign { get; } = [FrameFields.Name, FrameFields.Kinds, "deadlineMs"];

    /// <summary>What is said where there are no runs.</summary>
    public static FieldError Missing { get; } = new(Member, $"{Member} must be a list of {Fewest}..{Most} objects such as {{\"sampler\": \"ddim\", \"steps\": 50}}.");

    /// <summary>The command of a JSON body.</summary>
    /// <exception cref="RequestRefusedException">A field is unknown or cannot be read; those of a run are named <c>runs[1].steps</c>.</exception>
    public static ComparisonCommand Read(JsonElement body)
    {
        var common = RequestFields.OfJson(body, except: Member);
        if (!body.TryGetProperty(Member, out var runs) || runs.ValueKind != JsonValueKind.Array || runs.GetArrayLength() is < Fewest or > Most)
            throw RequestRefusedException.Invalid([Missing]);
        if (runs.EnumerateArray().Index().FirstOrDefault(r => r.Item.ValueKind != JsonValueKind.Object) is { Item.ValueKind: not JsonValueKind.Undefined } wrong)
            throw RequestRefusedException.Invalid([new FieldError(Name(wrong.Index), $"{Name(wrong.Index)} must be an object such as {{\"sampler\": \"ddim\", \"steps\": 50}}.")]);
        return Read(common, [.. runs.EnumerateArray().Select(r => RequestFields.OfJson(r))]);
    }

    /// <summary>The command of fields that hold for all runs and those of each.</summary>
    /// <inheritdoc cref="Read(JsonElement)"/>
    public static ComparisonCommand Read(RequestFields common, IReadOnlyList<RequestFields> runs)
    {
        var errors = new List<FieldError>();
        foreach (var name in common.Values.Keys.Where(Foreign.Contains)) errors.Add(new(name, $"There is no field '{name}' here."));
        var commands = runs.Index().Select(run =>
        {
            IReadOnlyCollection<string> own = [.. run.Item.Values.Keys];
            foreach (var name in own.Where(Shared.Contains)) errors.Add(new($"{Name(run.Index)}.{name}", $"{name} is the same in all runs; give it beside {Member}."));
            foreach (var name in own.Where(Foreign.Contains)) errors.Add(new($"{Name(run.Index)}.{name}", $"There is no field '{name}' here."));
            try
            {
                return (Command: (GenerateCommand?)GenerateFields.Read(run.Item.Over(common).Without(Foreign.Contains)), Own: own);
            }
            catch (RequestRefusedException refused) when (refused.Problem == ProblemCatalogue.Validation)
            {
                errors.AddRange(refused.Errors.Select(e => Named(e, run.Index, own)));
                return (Command: null, Own: own);
            }
        }).ToArray();
        if (commands[0].Command is { Format: { } format } && !Formats.Contains(format))
            errors.Add(new("format", $"format must be one of {string.Join(", ", Formats.Select(f => f.Name))}, got '{format.Name}'."));
        if (errors.Count > 0) throw RequestRefusedException.Invalid([.. errors.Distinct()]);
        return new ComparisonCommand([.. commands.Select(c => (c.Command!.Request, c.Own))], commands[0].Command!.Format, commands[0].Command!.Scale);
    }

    /// <summary>An error under the name that its field has in the body.</summary>
    public static FieldError Named(FieldError error, int run, IReadOnlyCollection<string> own) => own.Contains(error.Field) ? error with { Field = $"{Name(run)}.{error.Field}" } : error;

    private static string Name(int run) => FormattableString.Invariant($"{Member}[{run}]");
}
