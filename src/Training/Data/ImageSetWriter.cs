namespace Diffusion.Training.Data;

/// <summary>One split on its way into an image set: pixels of all images, then their labels.</summary>
internal sealed record ImageSplit(string Name, byte[] Pixels, byte[] Labels);

/// <summary>Writes image sets that are in memory.</summary>
internal static class ImageSetWriter
{
    /// <returns>The folder of the set.</returns>
    /// <exception cref="IOException">A set of this name with other content exists.</exception>
    public static string Write(string root, ImageSetManifest manifest, IReadOnlyList<ImageSplit> splits)
    {
        using var draft = new ImageSetDraft(Path.Combine(root, manifest.Name));
        var pixels = manifest.Channels * manifest.Height * manifest.Width;
        foreach (var split in splits)
            for (var i = 0; i < split.Labels.Length; i++) draft.Add(split.Name, split.Pixels.AsSpan(i * pixels, pixels), split.Labels[i]);
        return draft.Commit(manifest);
    }
}
