using System.Globalization;
using System.Text.RegularExpressions;
using Diffusion.Api.Access;
using Diffusion.Api.Errors;
using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;
using Diffusion.Training.Data;

namespace Diffusion.Api.Contracts;

/// <summary>What a source of images shall become, as a request says it.</summary>
/// <param name="Name">Of the set.</param>
/// <param name="Settings">How its images become those of the set.</param>
/// <param name="Length">Bytes of the source; only where they come later.</param>
/// <param name="Sha256">Of all of them; only where they come later, and only if it is given.</param>
internal sealed partial record UploadFields(string Name, ImportSettings Settings, long? Length, string? Sha256)
{
    /// <summary>Largest side of the images of a set.</summary>
    public const int MaxSize = 512;

    /// <summary>Largest share of the images that can become the test set.</summary>
    public const double MaxTestShare = 0.9;

    /// <summary>Longest text that says where a set comes from, or under which terms.</summary>
    public const int MaxText = 500;

    public static readonly string[] Fits = ["cover", "pad"], DuplicateWays = ["drop", "keep"];

    private static readonly string[] OfSet = ["name", "size", "channels", "fit", "testShare", "duplicates", "source", "terms"], OfUpload = [.. OfSet, "length", "sha256"];

    /// <summary>Of a call whose body is the source.</summary>
    /// <exception cref="RequestRefusedException">A field is missing, unknown or wrong; all are named.</exception>
    public static UploadFields OfQuery(HttpRequest request) => new Reading(RequestFields.OfQuery(request.Query).Without(n => n == KeyAuthentication.Query), OfSet).Result(hasLength: false);

    /// <summary>Of a call whose body is the fields as JSON.</summary>
    /// <inheritdoc cref="OfQuery"/>
    public static async Task<UploadFields> OfJsonAsync(HttpRequest request, int limit)
    {
        new TrainingQuery(request).Close();
        var body = await JsonBody.ReadAsync(request, limit, request.HttpContext.RequestAborted);
        return new Reading(body is { } given ? RequestFields.OfJson(given) : RequestFields.OfForm([]), OfUpload).Result(hasLength: true);
    }

    [GeneratedRegex(@"^[0-9a-fA-F]{64}\z")]
    private static partial Regex Digest();

    private sealed class Reading
    {
        private readonly IReadOnlyDictionary<string, string> values;
        private readonly List<FieldError> errors;

        public Reading(RequestFields fields, string[] known)
        {
            (values, errors) = (fields.Values, [.. fields.Errors]);
            foreach (var unknown in values.Keys.Except(known)) errors.Add(new(unknown, $"There is no field '{unknown}'. Fields: {string.Join(", ", known)}."));
        }

        public UploadFields Result(bool hasLength)
        {
            var name = Name();
            var settings = new ImportSettings
            {
                Size = (int)Whole("size", 1, MaxSize, null),
                Channels = Choice("channels", "3", "1", "3") == "1" ? 1 : 3,
                Fit = Choice("fit", Fits) == "pad" ? ImageFit.Pad : ImageFit.Cover,
                TestShare = Share(),
                KeepDuplicates = Choice("duplicates", DuplicateWays) == "keep",
                Source = Text("source", $"upload of {name}"),
                Terms = Text("terms", ""),
            };
            long? length = hasLength ? Whole("length", 1, long.MaxValue, null) : null;
            var sha256 = values.GetValueOrDefault("sha256");
            if (sha256 is not null && !Digest().IsMatch(sha256)) errors.Add(new("sha256", $"sha256 must be 64 hexadecimal digits, got '{sha256}'."));
            return errors.Count > 0 ? throw RequestRefusedException.Invalid(errors) : new UploadFields(name, settings, length, sha256?.ToLowerInvariant());
        }

        private string Name()
        {
            const string allowed = "name must be 1 to 64 of a-z, 0-9 and '-', not starting with '-'";
            var name = values.GetValueOrDefault("name", "");
            if (name == DatasetUpload.Segment) errors.Add(new("name", $"name must not be '{DatasetUpload.Segment}': that is where uploads are."));
            else if (!CheckpointNames.IsName(name)) errors.Add(new("name", name.Length == 0 ? $"{allowed}; it is missing." : $"{allowed}, got '{name}'."));
            return name;
        }

        private long Whole(string field, long minimum, long maximum, long? usual)
        {
            var range = maximum == long.MaxValue ? $"{field} must be a whole number of at least {minimum}" : $"{field} must be a whole number, {minimum}..{maximum}";
            if (!values.TryGetValue(field, out var text))
            {
                if (usual is null) errors.Add(new(field, $"{range}; it is missing."));
                return usual ?? minimum;
            }
            if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum) return value;
            errors.Add(new(field, $"{range}, got '{text}'."));
            return minimum;
        }

        // the first is the usual one
        private string Choice(string field, params string[] allowed)
        {
            if (!values.TryGetValue(field, out var text) || allowed.Contains(text, StringComparer.Ordinal)) return text ?? allowed[0];
            errors.Add(new(field, $"{field} must be one of {string.Join(", ", allowed.Distinct().Order(StringComparer.Ordinal))}, got '{text}'."));
            return allowed[0];
        }

        private double Share()
        {
            if (!values.TryGetValue("testShare", out var text)) return 0;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= MaxTestShare) return share;
            errors.Add(new("testShare", string.Create(CultureInfo.InvariantCulture, $"testShare must be a number, 0..{MaxTestShare}, got '{text}'.")));
            return 0;
        }

        private string Text(string field, string usual)
        {
            var text = values.GetValueOrDefault(field, usual);
            if (text.Length > MaxText) errors.Add(new(field, $"{field} may have up to {MaxText} characters, got {text.Length}."));
            return text;
        }
    }
}

/// <summary>The body of the call that begins an upload.</summary>
/// <param name="Name">Of the set that it shall become: 1 to 64 of a-z, 0-9 and '-', not starting with '-'.</param>
/// <param name="Length">Bytes of the file.</param>
/// <param name="Size">Width and height of the set's images, in pixels, 1..512.</param>
/// <param name="Sha256">Of the file, in hexadecimal; if it is given the file is checked against it before it is imported.</param>
/// <param name="Channels">1 for grey, 3 for colours; 3 if not given.</param>
/// <param name="Fit"><c>cover</c> scales and cuts off what hangs over, <c>pad</c> puts black around; cover if not given.</param>
/// <param name="TestShare">Share of the images that becomes the split test where the source has no splits, 0..0.9; 0 if not given.</param>
/// <param name="Duplicates"><c>drop</c> leaves out images with the pixels of one before them, <c>keep</c> lists them only; drop if not given.</param>
/// <param name="Source">Where the images come from; kept with the set.</param>
/// <param name="Terms">Under which terms; kept with the set.</param>
internal sealed record UploadRequest(
    string Name, long Length, int Size, string? Sha256, int? Channels, string? Fit, double? TestShare, string? Duplicates, string? Source, string? Terms);
