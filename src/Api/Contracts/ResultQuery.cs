using System.Globalization;
using Diffusion.Api.Errors;
using Diffusion.Api.Pictures;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Contracts;

/// <summary>How a stored result shall leave.</summary>
/// <param name="Format">What the query says, else Accept, else what the request said, else PNG.</param>
/// <param name="Scale">Whole-number magnification, 1..16.</param>
internal sealed record ResultQuery(PictureFormat Format, int Scale)
{
    private static readonly string[] Fields = ["format", "scale"];

    /// <param name="request">Query and Accept.</param>
    /// <param name="wished">What the request for the generation said of <c>format</c> and <c>scale</c>.</param>
    /// <exception cref="RequestRefusedException">A field is unknown or wrong, or nothing acceptable can be made.</exception>
    public static ResultQuery Read(HttpRequest request, IReadOnlyDictionary<string, string> wished)
    {
        var fields = RequestFields.OfQuery(request.Query);
        var errors = new List<FieldError>(fields.Errors);
        foreach (var unknown in fields.Values.Keys.Except(Fields)) errors.Add(new(unknown, $"There is no field '{unknown}'. Fields: {string.Join(", ", Fields)}."));
        var named = fields.Values.TryGetValue("format", out var format) ? PictureFormat.Find(format) : null;
        if (format is not null && named is null) errors.Add(new("format", $"format must be one of {PictureFormat.Names}, got '{format}'."));
        var scale = int.Parse(wished.GetValueOrDefault("scale", "1"), CultureInfo.InvariantCulture);
        if (fields.Values.TryGetValue("scale", out var factor) && !(int.TryParse(factor, NumberStyles.None, CultureInfo.InvariantCulture, out scale) && scale is >= 1 and <= GenerateFields.MaxScale))
            errors.Add(new("scale", $"scale must be a whole number, 1..{GenerateFields.MaxScale}, got '{factor}'."));
        if (errors.Count > 0) throw RequestRefusedException.Invalid(errors);
        return new ResultQuery(named ?? Accepted(request.Headers.Accept!, wished), scale);
    }

    /// <summary>What a command says of its result, to be kept with it.</summary>
    public static IReadOnlyDictionary<string, string> WishesOf(GenerateCommand command)
    {
        var wishes = new Dictionary<string, string>();
        if (command.Format is { } format) wishes["format"] = format.Name;
        if (command.Scale != 1) wishes["scale"] = command.Scale.ToString(CultureInfo.InvariantCulture);
        return wishes;
    }

    // curl and fetch send */* when their user has said nothing
    private static PictureFormat Accepted(IList<string> accept, IReadOnlyDictionary<string, string> wished)
    {
        if (accept is [] or ["*/*"] && wished.TryGetValue("format", out var name) && PictureFormat.Find(name) is { } format) return format;
        return PictureFormat.Accepted(accept) ?? throw new RequestRefusedException(
            ProblemCatalogue.FormatUnavailable, $"Accept is '{string.Join(", ", accept)}'; available are {string.Join(", ", PictureFormat.All.Select(f => f.MediaType))}.");
    }
}
