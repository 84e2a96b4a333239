using System.Globalization;
using System.Text.RegularExpressions;

namespace Diffusion.Checkpoints;

/// <summary>What models, aliases, versions and files may be called. A name that passes cannot leave its folder.</summary>
public static partial class CheckpointNames
{
    /// <summary>Whether a text can name a model or an alias: 1..64 of a-z, 0-9 and '-', not starting with '-'.</summary>
    public static bool IsName(string text) => Name().IsMatch(text);

    /// <summary>The version number in "3", "v3" or "v000003", or null.</summary>
    public static int? ParseVersion(string text) =>
        VersionText().Match(text) is { Success: true } match && int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0
            ? version
            : null;

    /// <summary>What <c>NAME</c>, <c>NAME@3</c> or <c>NAME@ALIAS</c> is made of; the version is null where none is named.</summary>
    public static (string Name, string? Version) Split(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
    }

    internal static bool IsFile(string text) => FileText().IsMatch(text) && text != CheckpointStore.ManifestFile;

    internal static string FolderOf(int version) => string.Create(CultureInfo.InvariantCulture, $"v{version:D6}");

    internal static void RequireName(string text, string parameter)
    {
        if (!IsName(text)) throw new ArgumentException($"'{text}' is not a name: 1 to 64 of a-z, 0-9 and '-', not starting with '-'.", parameter);
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9-]{0,63}\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"^v?([0-9]{1,9})\z")]
    private static partial Regex VersionText();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}\z")]
    private static partial Regex FileText();
}
