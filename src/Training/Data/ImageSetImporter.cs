using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Diffusion.Imaging;
using Diffusion.Training.Sources;

namespace Diffusion.Training.Data;

/// <summary>
/// Makes an image set of a source: decodes, fits, finds duplicates by the SHA-256 of the fitted pixels, and writes refused entries with
/// their reasons beside the images. An image that cannot be used is left out; a source that cannot be trusted leaves nothing behind.
/// </summary>
internal sealed class ImageSetImporter(ImportSettings settings)
{
    public const string RefusedFile = "refused.ndjson", DuplicatesFile = "duplicates.ndjson", PreviewFile = "preview.png";
    private const int MostClasses = 256;

    private readonly List<RefusedEntry> refused = [];
    private readonly List<DuplicateEntry> duplicates = [];
    private readonly Dictionary<UInt128, string> seen = [];
    private readonly List<string> labels = [];
    private readonly ImageSetPreview preview = new();
    private bool unlabelled;
    private int dropped;

    /// <param name="source">Read once.</param>
    /// <param name="target">Folder of the set; its name is the set's.</param>
    /// <param name="report">Hears of the progress, or null.</param>
    /// <param name="stop">Leaves nothing behind.</param>
    /// <param name="mark">Names what is written aside, so that it is found again after a crash; null for a name that nobody knows.</param>
    /// <exception cref="DamagedDataException">The source cannot be trusted, or no image of it can be used.</exception>
    /// <exception cref="IOException">A set of this name with other content exists.</exception>
    public ImportReport Import(IImageSource source, string target, Action<ImportProgress>? report, CancellationToken stop, string? mark = null)
    {
        using var draft = new ImageSetDraft(target, mark);
        var written = 0;
        foreach (var image in source.Read(Refuse))
        {
            stop.ThrowIfCancellationRequested();
            if (Add(draft, image)) written++;
            if ((long)written * settings.Channels * settings.Size * settings.Size > settings.Limits.SetBytes)
                throw new DamagedDataException(target, $"its images have more than {settings.Limits.SetBytes} bytes; nothing was imported.");
            report?.Invoke(new ImportProgress(written + refused.Count + dropped, source.Count, refused.Count));
        }
        if (written == 0) throw new DamagedDataException(target, $"no image could be imported{(refused.Count == 0 ? "." : $"; the first of {refused.Count} refused is '{refused[0].Entry}': {refused[0].Reason}")}");
        draft.Attach(RefusedFile, Lines(refused));
        draft.Attach(DuplicatesFile, Lines(duplicates));
        var (classes, order) = Classes();
        draft.Attach(PreviewFile, preview.Encode(order));
        var manifest = new ImageSetManifest
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(target))),
            Channels = settings.Channels,
            Height = settings.Size,
            Width = settings.Size,
            Classes = classes,
            Splits = new Dictionary<string, int>(),
            Refused = refused.Count,
            Duplicates = duplicates.Count,
            Source = settings.Source,
            Terms = settings.Terms,
            Files = new Dictionary<string, Checkpoints.FileDigest>(),
        };
        var folder = draft.Commit(manifest, order);
        return new ImportReport(folder, ImageSetManifest.Read(folder));
    }

    private bool Add(ImageSetDraft draft, SourceImage image)
    {
        if (image.Label is null && labels.Count > 0 || image.Label is not null && unlabelled)
        {
            Refuse(image.Entry, image.Label is null ? "It has no class, others have." : "It has a class, others have none.");
            return false;
        }
        Picture picture;
        try
        {
            picture = image.Fit(settings);
        }
        catch (RefusedImageException wrong)
        {
            Refuse(image.Entry, wrong.Message);
            return false;
        }
        var digest = BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(picture.Pixels));
        if (!seen.TryAdd(digest, image.Entry))
        {
            duplicates.Add(new DuplicateEntry(image.Entry, seen[digest], settings.KeepDuplicates));
            if (!settings.KeepDuplicates)
            {
                dropped++;
                return false;
            }
        }
        var label = LabelOf(image.Label);
        draft.Add(image.Split ?? SplitOf(digest), Planes.Of(picture), label);
        preview.Offer(picture, label);
        return true;
    }

    private byte LabelOf(string? name)
    {
        unlabelled = name is null;
        if (name is null) return 0;
        var label = labels.IndexOf(name);
        if (label >= 0) return (byte)label;
        if (labels.Count == MostClasses) throw new DamagedDataException(name, $"is one class more than the {MostClasses} a set may have; nothing was imported.");
        labels.Add(name);
        return (byte)(labels.Count - 1);
    }

    // numbers in the order of numbers, other names by their letters, whatever came first in the source
    private (string[] Classes, byte[] Order) Classes()
    {
        var numbers = labels.All(l => int.TryParse(l, out _));
        string[] sorted = numbers ? [.. labels.OrderBy(int.Parse)] : [.. labels.Order(StringComparer.Ordinal)];
        return (sorted, unlabelled ? [0] : [.. labels.Select(l => (byte)Array.IndexOf(sorted, l))]);
    }

    private string SplitOf(UInt128 digest) => (double)(ulong)(digest >> 64) / ulong.MaxValue < settings.TestShare ? "test" : "train";

    private void Refuse(string entry, string reason) => refused.Add(new RefusedEntry(entry, reason));

    private static byte[] Lines<T>(IEnumerable<T> entries)
    {
        using var lines = new MemoryStream();
        foreach (var entry in entries)
        {
            JsonSerializer.Serialize(lines, entry, JsonSerializerOptions.Web);
            lines.WriteByte((byte)'\n');
        }
        return lines.ToArray();
    }
}
