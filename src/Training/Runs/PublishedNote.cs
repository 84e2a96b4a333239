using System.Security.Cryptography;
using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Training.Files;
using Diffusion.Training.Loop;
using static TorchSharp.torch;

namespace Diffusion.Training.Runs;

/// <summary>What a run has published, so that one that is resumed and comes by again publishes nothing twice.</summary>
internal sealed class PublishedNote(RunFolder folder, CheckpointStore store, string model)
{
    /// <summary>The version of the run at <paramref name="step"/>, or null.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="images">Images seen.</param>
    /// <param name="weights">What would be published.</param>
    public int? Find(int step, long images, nn.Module weights)
    {
        if (File.Exists(folder.Published) && JsonSerializer.Deserialize<PublishedAt>(File.ReadAllBytes(folder.Published)) is { } last && last.Step == step
            && store.Versions(model).Contains(last.Version)) return last.Version;
        // killed between the version and the note of it
        return store.NewestValid(model) is { } newest && newest.Manifest.ImagesSeen == images && newest.Manifest.Files[CheckpointVersion.WeightsFile].Sha256 == Digest(weights)
            ? newest.Manifest.Version : null;
    }

    /// <summary>Notes a version.</summary>
    public void Write(int step, int version) => DurableFile.Write(folder.Published, JsonSerializer.SerializeToUtf8Bytes(new PublishedAt(step, version)));

    private static string Digest(nn.Module weights)
    {
        using var file = new MemoryStream();
        SafeTensors.Write(file, NetworkWeights.ToSafeTensors(weights.state_dict()));
        return Convert.ToHexStringLower(SHA256.HashData(file.GetBuffer().AsSpan(0, (int)file.Length)));
    }

    private sealed record PublishedAt(int Step, int Version);
}
