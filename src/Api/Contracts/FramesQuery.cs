using System.Globalization;
using Diffusion.Api.Errors;
using Diffusion.Api.Pictures;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Contracts;

/// <summary>Which of the kept frames shall leave, and how.</summary>
/// <param name="Frames">Their steps.</param>
/// <param name="Kinds">Their kinds; null for all that were kept.</param>
/// <param name="Format">What the query says, else Accept, else APNG.</param>
/// <param name="Scale">Whole-number magnification, 1..16.</param>
internal sealed record FramesQuery(FrameOptions Frames, IReadOnlyList<string>? Kinds, PictureFormat Format, int Scale)
{
    private static readonly string[] Fields = ["format", "scale", FrameFields.Name, FrameFields.Kinds];

    /// <exception cref="RequestRefusedException">A field is unknown or wrong, or nothing acceptable can be made.</exception>
    public static FramesQuery Read(HttpRequest request)
    {
        var fields = RequestFields.OfQuery(request.Query);
        var errors = new List<FieldError>(fields.Errors);
        foreach (var unknown in fields.Values.Keys.Except(Fields)) errors.Add(new(unknown, $"There is no field '{unknown}'. Fields: {string.Join(", ", Fields)}."));
        var names = string.Join(", ", PictureFormat.OfFrames.Select(f => f.Name));
        var named = fields.Values.TryGetValue("format", out var format) ? PictureFormat.Find(format) : null;
        if (format is not null && (named is null || !PictureFormat.OfFrames.Contains(named))) errors.Add(new("format", $"format must be one of {names}, got '{format}'."));
        var scale = 1;
        if (fields.Values.TryGetValue("scale", out var factor) && !(int.TryParse(factor, NumberStyles.None, CultureInfo.InvariantCulture, out scale) && scale is >= 1 and <= GenerateFields.MaxScale))
            errors.Add(new("scale", $"scale must be a whole number, 1..{GenerateFields.MaxScale}, got '{factor}'."));
        var frames = FrameFields.Read(fields.Values, errors) ?? new FrameOptions();
        if (frames == FrameOptions.None) errors.Add(new(FrameFields.Name, "frames=none leaves nothing to answer with."));
        if (errors.Count > 0) throw RequestRefusedException.Invalid(errors);
        var kinds = fields.Values.TryGetValue(FrameFields.Kinds, out var list) ? list.Split(',', StringSplitOptions.TrimEntries) : null;
        var accepted = named ?? PictureFormat.Accepted(request.Headers.Accept!, PictureFormat.OfFrames) ?? throw new RequestRefusedException(
            ProblemCatalogue.FormatUnavailable, $"Accept is '{request.Headers.Accept}'; frames are available as {string.Join(", ", PictureFormat.OfFrames.Select(f => f.MediaType))}.");
        return new FramesQuery(frames, kinds, accepted, scale);
    }
}
