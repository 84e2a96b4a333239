using Diffusion.Training.Data;

namespace Diffusion.Api.Contracts;

/// <summary>An immutable image set, as callers see it.</summary>
/// <param name="Name">By which jobs name it, in their field <c>data</c>.</param>
/// <param name="Width">Of its images, in pixels.</param>
/// <param name="Height">Of its images, in pixels.</param>
/// <param name="Channels">1 for grey, 3 for colours.</param>
/// <param name="Images">How many there are.</param>
/// <param name="Splits">How many in each split.</param>
/// <param name="Classes">Its classes in label order; none where the images have no labels.</param>
/// <param name="Refused">How many entries of the source were left out.</param>
/// <param name="Duplicates">How many images had the pixels of one before them.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Terms">Under which terms.</param>
/// <param name="Sha256">Of its manifest, which holds the digest of every file; versions name it.</param>
/// <param name="Bytes">Of all its files.</param>
/// <param name="Imported">When it was written, UTC.</param>
/// <param name="UsedBy">Ids of the training jobs that are not over and need it.</param>
/// <param name="Links">Where its parts are.</param>
internal sealed record DatasetResponse(
    string Name, int Width, int Height, int Channels, int Images, IReadOnlyDictionary<string, int> Splits, IReadOnlyList<DatasetClass> Classes, int Refused, int Duplicates,
    string Source, string Terms, string Sha256, long Bytes, DateTimeOffset Imported, IReadOnlyList<string> UsedBy, DatasetLinks Links)
{
    /// <summary>Where a set is.</summary>
    public static string PathOf(string name) => "/v1/datasets/" + name;

    public static DatasetResponse Of(ImageSetFacts set, ImageSetCatalog sets) => new(
        set.Name, set.Width, set.Height, set.Channels, set.Splits.Values.Sum(), set.Splits,
        [.. set.Classes.Select((name, label) => new DatasetClass(label, name, set.Histogram?.ToDictionary(h => h.Key, h => h.Value[label])))],
        set.Refused, set.Duplicates, set.Source, set.Terms, set.Sha256, set.Bytes, set.Imported, sets.UsersOf(set.Name), DatasetLinks.Of(PathOf(set.Name)));
}

/// <summary>A class of an image set.</summary>
/// <param name="Label">Its number.</param>
/// <param name="Name">Its name in the source.</param>
/// <param name="Images">How many images of it are in each split; none in sets of the first releases.</param>
internal sealed record DatasetClass(int Label, string Name, IReadOnlyDictionary<string, int>? Images);

/// <summary>Where the parts of an image set are.</summary>
/// <param name="Self">Itself.</param>
/// <param name="Preview">Some images of each class, a row a class.</param>
/// <param name="Refused">What was left out, and why.</param>
/// <param name="Duplicates">What was there twice.</param>
internal sealed record DatasetLinks(string Self, string Preview, string Refused, string Duplicates)
{
    public static DatasetLinks Of(string path) => new(path, path + "/preview.png", path + "/refused", path + "/duplicates");
}

/// <summary>Some of the image sets, by name.</summary>
/// <param name="Items">Those of this page.</param>
/// <param name="Damaged">Those of this page whose manifest cannot be read.</param>
/// <param name="Next">The <c>cursor</c> of the next page; none on the last.</param>
internal sealed record DatasetPage(IReadOnlyList<DatasetResponse> Items, IReadOnlyList<DamagedDataset> Damaged, string? Next);

/// <summary>An image set that cannot be used.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Problem">What is wrong with it.</param>
internal sealed record DamagedDataset(string Name, string Problem);
