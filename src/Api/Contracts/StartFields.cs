using System.Globalization;
using Diffusion.Api.Errors;
using Diffusion.Api.Uploads;
using Diffusion.Inference.Jobs;
using Diffusion.Noise;

namespace Diffusion.Api.Contracts;

/// <summary>Reads the fields of interpolations, inversions and reconstructions; names every wrong one at once.</summary>
internal static class StartFields
{
    private static readonly string[] Ends = ["from", "to"], OfAnEnd = ["seed", "image", "generation", "index"];

    /// <summary>The fields of POST /generate that mean nothing here.</summary>
    public static IReadOnlyList<string> Foreign(GenerationKind kind) => kind == GenerationKind.Interpolation ? ["seed"] : ["seed", "n", "path"];

    /// <summary>The command that the fields say, but for its starts, and those.</summary>
    /// <exception cref="RequestRefusedException">A field is unknown or cannot be read.</exception>
    public static (GenerateCommand Command, IReadOnlyList<StartField> Starts) Read(GenerationKind kind, UploadBody body)
    {
        var errors = new List<FieldError>();
        var starts = kind == GenerationKind.Interpolation ? ReadEnds(body, errors) : ReadImages(body, errors);
        foreach (var name in body.Fields.Values.Keys.Where(Foreign(kind).Contains)) errors.Add(new(name, $"There is no field '{name}' here."));
        var path = ReadPath(body.Fields.Values.GetValueOrDefault("path"), errors);
        var command = ReadRest(kind, body.Fields, errors);
        if (command is null || errors.Count > 0) throw RequestRefusedException.Invalid(errors);
        var count = kind == GenerationKind.Interpolation ? body.Fields.Values.ContainsKey("n") ? command.Request.Count : DefaultFrames : starts.Count;
        return (command with { Request = command.Request with { Kind = kind, Path = path, Count = count } }, starts);
    }

    /// <summary>Frames of an interpolation that names no <c>n</c>.</summary>
    public const int DefaultFrames = 8;

    private static GenerateCommand? ReadRest(GenerationKind kind, RequestFields fields, List<FieldError> errors)
    {
        try
        {
            return GenerateFields.Read(fields.Without(n => n == "path" || Foreign(kind).Contains(n) || IsOfAnEnd(n)));
        }
        catch (RequestRefusedException refused) when (refused.Problem == ProblemCatalogue.Validation)
        {
            errors.AddRange(refused.Errors);
            return null;
        }
    }

    private static NoisePath ReadPath(string? text, List<FieldError> errors)
    {
        switch (text)
        {
            case null or "slerp": return NoisePath.Slerp;
            case "lerp": return NoisePath.Lerp;
            default:
                errors.Add(new("path", $"path must be one of slerp, lerp, got '{text}'."));
                return default;
        }
    }

    private static List<StartField> ReadImages(UploadBody body, List<FieldError> errors)
    {
        foreach (var file in body.Files.Where(f => f.Field != "image" && !f.Field.StartsWith("images[", StringComparison.Ordinal)))
            errors.Add(new(file.Field, $"There is no file '{file.Field}' here; files: image, images."));
        foreach (var name in body.Fields.Values.Keys.Where(IsOfAnEnd)) errors.Add(new(name, $"There is no field '{name}' here; give image or images."));
        if (body.Files.Count == 0 && body.Fields.Errors.Count == 0) errors.Add(new("images", "images is missing: give one image or more as base64, or as files of a form."));
        return [.. body.Files.Select(f => new UploadField(f))];
    }

    private static List<StartField> ReadEnds(UploadBody body, List<FieldError> errors)
    {
        foreach (var file in body.Files.Where(f => f.Field is not ("from.image" or "to.image")))
            errors.Add(new(file.Field, $"There is no file '{file.Field}' here; files: from.image, to.image."));
        foreach (var name in body.Fields.Values.Keys.Where(IsOfAnEnd))
            if (!OfAnEnd.Contains(name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..]))
                errors.Add(new(name, $"There is no field '{name}'; from and to have: {string.Join(", ", OfAnEnd)}."));
        return [.. Ends.Select(end => ReadEnd(end, body, errors)).OfType<StartField>()];
    }

    private static StartField? ReadEnd(string end, UploadBody body, List<FieldError> errors)
    {
        var values = body.Fields.Values;
        var files = body.Files.Where(f => f.Field == $"{end}.image").ToArray();
        var (seed, id) = (values.GetValueOrDefault($"{end}.seed"), values.GetValueOrDefault($"{end}.generation"));
        var given = files.Length + (seed is null ? 0 : 1) + (id is null ? 0 : 1);
        if (given != 1)
        {
            // a file that could not be read has its own message
            if (given > 1 || body.Fields.Errors.All(e => !e.Field.StartsWith(end, StringComparison.Ordinal)))
                errors.Add(new(end, $"{end} must have one of seed, image and generation, got {given}."));
            return null;
        }
        if (seed is not null) return ulong.TryParse(seed, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new SeedField(end, number)
            : Refuse($"{end}.seed", $"{end}.seed must be a whole number, 0..{ulong.MaxValue}, got '{seed}'.");
        if (id is null) return new UploadField(files[0]);
        var index = values.GetValueOrDefault($"{end}.index") ?? "0";
        return int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var picture)
            ? new GenerationField(end, id, picture)
            : Refuse($"{end}.index", $"{end}.index must be a whole number, 0 or more, got '{index}'.");

        StartField? Refuse(string field, string message)
        {
            errors.Add(new(field, message));
            return null;
        }
    }

    private static bool IsOfAnEnd(string name) => Ends.Any(e => name == e || name.StartsWith(e + ".", StringComparison.Ordinal));
}
