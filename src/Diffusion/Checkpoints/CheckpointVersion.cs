namespace Diffusion.Checkpoints;

/// <summary>One published version: an immutable folder.</summary>
/// <param name="Manifest">What it says of itself.</param>
/// <param name="Folder">The absolute path.</param>
public sealed record CheckpointVersion(CheckpointManifest Manifest, string Folder)
{
    /// <summary>The weights for use (EMA), in every version.</summary>
    public const string WeightsFile = "model.safetensors";

    /// <summary>The path of a file that the manifest lists.</summary>
    /// <exception cref="CheckpointException">The manifest does not list it.</exception>
    public string PathOf(string file) => Manifest.Files.ContainsKey(file)
        ? Path.Combine(Folder, file)
        : throw new CheckpointException($"{Manifest.Model} version {Manifest.Version} has no file '{file}'.", file);
}
