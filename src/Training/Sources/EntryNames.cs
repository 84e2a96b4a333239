namespace Diffusion.Training.Sources;

/// <summary>What the names of files in a folder or an archive say: which are images, of which split and of which class.</summary>
internal static class EntryNames
{
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".webp"];
    private static readonly string[] Clutter = ["__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"];
    private static readonly Dictionary<string, string> Splits = new(StringComparer.OrdinalIgnoreCase)
    {
        ["train"] = "train",
        ["training"] = "train",
        ["test"] = "test",
        ["testing"] = "test",
        ["val"] = "validation",
        ["valid"] = "validation",
        ["validation"] = "validation",
    };

    public static bool IsImage(string entry) => Extensions.Contains(Path.GetExtension(entry), StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a file is what operating systems leave behind, which nobody misses.</summary>
    public static bool IsClutter(string entry) => entry.Split('/').Any(p => Clutter.Contains(p, StringComparer.OrdinalIgnoreCase) || p.StartsWith("._", StringComparison.Ordinal));

    /// <summary>What is wrong with a name that would leave the folder it is unpacked to; null for a good one.</summary>
    public static string? Danger(string entry)
    {
        if (entry.Length is 0 or > 1024) return "has a name of no, or of more than 1024, characters";
        if (entry.Any(char.IsControl)) return "has a control character in its name";
        if (entry[0] == '/' || entry.Contains('\\', StringComparison.Ordinal) || (entry.Length > 1 && entry[1] == ':')) return "has an absolute name";
        return entry.Split('/').Any(p => p is ".." or ".") ? "leaves its folder" : null;
    }

    /// <summary>The folder that all entries are in, with a slash at its end, or nothing: archives are often made of one folder.</summary>
    /// <remarks>A folder whose name is a split, and one without folders in it, say something themselves and are left.</remarks>
    public static string CommonRoot(IReadOnlyCollection<string> entries)
    {
        var first = entries.FirstOrDefault();
        if (first is null || first.IndexOf('/', StringComparison.Ordinal) is var end && end < 0) return "";
        var root = first[..(end + 1)];
        if (Splits.ContainsKey(root[..^1]) || !entries.All(e => e.StartsWith(root, StringComparison.Ordinal))) return "";
        return entries.Any(e => e.IndexOf('/', root.Length) >= 0 || e[root.Length..] == LabelTable.FileName) ? root : "";
    }

    /// <summary><c>train/cats/1.png</c> is of split train and class cats; <c>cats/1.png</c> of class cats; <c>1.png</c> of neither.</summary>
    public static (string? Split, string? Label) Meaning(string entry)
    {
        var folders = entry.Split('/')[..^1];
        var split = folders.Length > 0 ? Splits.GetValueOrDefault(folders[0]) : null;
        if (split is not null) folders = folders[1..];
        return (split, folders.Length == 0 ? null : string.Join('/', folders));
    }
}
