using Diffusion.Training.Data;

namespace Diffusion.Training.Sources;

/// <summary>Image files with names, of a folder or an archive, as images with labels.</summary>
internal sealed class NamedFiles
{
    private readonly string source, root;
    private readonly string[] entries;
    private readonly Func<string, long, byte[]> open;
    private readonly ImportLimits limits;

    /// <param name="source">For messages.</param>
    /// <param name="entries">Names with slashes.</param>
    /// <param name="open">The bytes of an entry, if they are no more than so many.</param>
    /// <param name="limits">Of the import.</param>
    public NamedFiles(string source, IEnumerable<string> entries, Func<string, long, byte[]> open, ImportLimits limits)
    {
        (this.source, this.open, this.limits) = (source, open, limits);
        this.entries = [.. entries.Where(e => !EntryNames.IsClutter(e)).Order(StringComparer.Ordinal)];
        root = EntryNames.CommonRoot(this.entries);
    }

    public int Count => entries.Length;

    public IEnumerable<SourceImage> Read(Action<string, string> refuse)
    {
        var table = entries.Contains(root + LabelTable.FileName, StringComparer.Ordinal) ? Table() : null;
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var name = entry[root.Length..];
            if (name == LabelTable.FileName) continue;
            names.Add(name);
            var meaning = EntryNames.Meaning(name);
            if (!EntryNames.IsImage(name)) refuse(entry, "Its name is not that of a PNG, JPEG or WebP file.");
            else if (table is not null && !table.Find(name, out meaning)) refuse(entry, $"{LabelTable.FileName} does not name it.");
            else if (Bytes(entry, refuse) is { } file) yield return new EncodedImage(entry, meaning.Split, meaning.Label, file);
        }
        foreach (var missing in table?.Files.Where(f => !names.Contains(f)) ?? []) refuse(missing, $"{LabelTable.FileName} names it, but it is not there.");
    }

    private byte[]? Bytes(string entry, Action<string, string> refuse)
    {
        try
        {
            return open(entry, limits.EntryBytes);
        }
        catch (RefusedImageException refused)
        {
            refuse(entry, refused.Message);
            return null;
        }
    }

    private LabelTable Table()
    {
        using var csv = new MemoryStream(open(root + LabelTable.FileName, limits.EntryBytes));
        return LabelTable.Read(csv, $"{source}/{root}{LabelTable.FileName}");
    }
}
