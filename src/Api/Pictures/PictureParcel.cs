using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;
using Diffusion.Api.Contracts;
using Diffusion.Imaging;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Pictures;

/// <summary>A finished generation in the format asked for: one body, ready to be sent.</summary>
internal static class PictureParcel
{
    /// <summary>Of a WebP file; other formats take more.</summary>
    private const int MaxWidth = 16383;

    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The body.</summary>
    public static byte[] Pack(GenerationFacts generation, GenerationResult result, PictureFormat format, int scale)
    {
        var pictures = Enumerable.Range(0, result.Count).Select(i => Cut(generation, result, i).Magnify(scale)).ToArray();
        if (format == PictureFormat.Json)
        {
            return JsonSerializer.SerializeToUtf8Bytes(
                Describe(generation, result, pictures[0], i => new GeneratedImage(i, result.Labels[i], ImageEncoder.Encode(pictures[i], "png"))),
                Indented);
        }
        return format == PictureFormat.Zip ? Zip(generation, result, pictures) : ImageEncoder.Encode(ImageGrid.Arrange(pictures, columns: Columns(generation, pictures)), format.Name);
    }

    /// <summary>The name that a browser saves it under.</summary>
    public static string FileName(GenerationFacts generation, PictureFormat format) =>
        string.Create(CultureInfo.InvariantCulture, $"{generation.Model}-{generation.Sampler}-{generation.Seed}.{(format == PictureFormat.Jpeg ? "jpg" : format.Name)}");

    /// <summary>Model and version as the field <c>model</c> takes them.</summary>
    public static string NameOf(GenerationFacts generation) => string.Create(CultureInfo.InvariantCulture, $"{generation.Model}@{generation.Version}");

    // a strip shows a way best, as far as files can be that wide
    private static int? Columns(GenerationFacts generation, Picture[] pictures) =>
        generation.Kind == GenerationKind.Interpolation && pictures.Length * (pictures[0].Width + 2) <= MaxWidth ? pictures.Length : null;

    private static Picture Cut(GenerationFacts generation, GenerationResult result, int index)
    {
        var values = result.ValuesOf(index).ToArray();
        // noise from -3 to 3 deviations is shown from black to white
        if (generation.Kind == GenerationKind.Inversion) foreach (ref var value in values.AsSpan()) value /= 3;
        return Picture.FromPlanes(values, result.Width, result.Height, result.Channels);
    }

    private static byte[] Zip(GenerationFacts generation, GenerationResult result, Picture[] pictures)
    {
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (var i = 0; i < pictures.Length; i++) Add(archive, NameOf(i), ImageEncoder.Encode(pictures[i], "png"));
            var metadata = Describe(generation, result, pictures[0], i => new GeneratedImage(i, result.Labels[i], null, NameOf(i)));
            Add(archive, "metadata.json", JsonSerializer.SerializeToUtf8Bytes(metadata, Indented));
        }
        return file.ToArray();
    }

    private static GenerateResponse Describe(GenerationFacts generation, GenerationResult result, Picture first, Func<int, GeneratedImage> image) => new(
        generation.Id, NameOf(generation), generation.Sampler, generation.Steps,
        generation.Seed.ToString(CultureInfo.InvariantCulture), generation.Guidance,
        first.Width, first.Height, first.Channels, result.QueueMilliseconds, result.SampleMilliseconds,
        [.. Enumerable.Range(0, result.Count).Select(i => image(i) with
        {
            Noise = StartFigures.Noise(generation, result, i),
            Error = StartFigures.Error(generation, result, i),
            Original = StartFigures.Original(generation, result, i) is { } original ? ImageEncoder.Encode(original, "png") : null,
        })])
    {
        Kind = generation.Kind,
    };

    private static string NameOf(int index) => string.Create(CultureInfo.InvariantCulture, $"{index:0000}.png");

    // the same pictures give the same archive: entries carry no time of their own
    private static void Add(ZipArchive archive, string name, byte[] bytes)
    {
        var entry = archive.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var stream = entry.Open();
        stream.Write(bytes);
    }
}
