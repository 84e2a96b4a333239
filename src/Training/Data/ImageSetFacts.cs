namespace Diffusion.Training.Data;

/// <summary>What is known of an image set.</summary>
/// <param name="Name">By which jobs name it.</param>
/// <param name="Channels">1 for grey, 3 for colours.</param>
/// <param name="Height">Of its images, in pixels.</param>
/// <param name="Width">Of its images, in pixels.</param>
/// <param name="Classes">Names of the classes in label order; none where the images have no labels.</param>
/// <param name="Splits">Images per split.</param>
/// <param name="Histogram">Images of each class, per split; null in sets of the first releases.</param>
/// <param name="Refused">Entries of the source that were left out.</param>
/// <param name="Duplicates">Images with the pixels of one before them.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Terms">Under which terms.</param>
/// <param name="Sha256">Of the manifest, which holds the digest of every file: what versions name.</param>
/// <param name="Bytes">Of all its files.</param>
/// <param name="Imported">When it was written, UTC.</param>
public sealed record ImageSetFacts(
    string Name, int Channels, int Height, int Width, IReadOnlyList<string> Classes, IReadOnlyDictionary<string, int> Splits, IReadOnlyDictionary<string, IReadOnlyList<int>>? Histogram,
    int Refused, int Duplicates, string Source, string Terms, string Sha256, long Bytes, DateTimeOffset Imported);
