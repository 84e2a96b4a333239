using Diffusion.Training.Data;

namespace Diffusion.Training.Sources;

/// <summary>Recognises what a path holds.</summary>
internal static class ImageSources
{
    /// <summary>What can be imported, for messages.</summary>
    public const string Kinds = "a folder or zip file of PNG, JPEG and WebP files, a NumPy archive (.npz), a folder of IDX files, or one of JSON files a class";

    /// <exception cref="DamagedDataException">Nothing that can be imported, or it is damaged.</exception>
    public static IImageSource Open(string path, ImportLimits limits)
    {
        if (Directory.Exists(path))
            return IdxSource.IsIn(path) ? new IdxSource(path) : ClassJsonSource.IsIn(path) ? new ClassJsonSource(path, limits) : new FileSource(path, limits);
        if (!File.Exists(path)) throw new DamagedDataException(path, "is not there.");
        return Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".NPZ" => new NpzSource(path, new Archive(path, limits), limits),
            ".ZIP" => OfZip(path, limits),
            _ => throw new DamagedDataException(path, $"cannot be imported; what can be: {Kinds}."),
        };
    }

    // a NumPy archive is a zip file too, and uploads have no name that says more
    private static IImageSource OfZip(string path, ImportLimits limits)
    {
        var archive = new Archive(path, limits);
        return archive.Names.Count > 0 && archive.Names.All(n => n.EndsWith(".npy", StringComparison.Ordinal)) ? new NpzSource(path, archive, limits) : new ArchiveSource(path, archive, limits);
    }
}
