using System.Security.Cryptography;
using System.Text;
using Diffusion.Checkpoints;

namespace Diffusion.Exchange;

/// <summary>A version as one safetensors file, with its manifest in the header.</summary>
internal static class TensorPackage
{
    private const string Weights = CheckpointVersion.WeightsFile;

    /// <summary>Makes the weights file again as it was, and checks that it is.</summary>
    /// <returns>The manifest.</returns>
    /// <exception cref="ImportRefusedException">It is not.</exception>
    public static CheckpointManifest Unpack(string path, string folder, ImportLimits limits, CancellationToken cancellation)
    {
        try
        {
            using var file = SafeTensorFile.Open(path);
            var metadata = new Dictionary<string, string>(file.Metadata);
            if (!metadata.Remove(VersionExport.ManifestKey, out var text))
                throw ImportRefusedException.Damaged(ImportRefusedException.Whole, $"Its header has no '{VersionExport.ManifestKey}': it was not exported by this service.");
            var manifest = ForeignManifest.Read(Encoding.UTF8.GetBytes(text), limits);
            if (manifest.Files.Count != 1) throw ImportRefusedException.Damaged(CheckpointStore.ManifestFile, "It lists other files than the weights.");
            var written = Restore(file, path, SafeTensors.Start(file.Tensors.Values, metadata), Path.Combine(folder, Weights), cancellation);
            if (written != manifest.Files[Weights]) throw ImportRefusedException.Damaged(Weights, "The tensors do not have the SHA-256 that the manifest says.");
            return manifest;
        }
        catch (SafeTensorsException damage)
        {
            throw ImportRefusedException.Damaged(damage.Tensor ?? ImportRefusedException.Whole, damage.Message, damage);
        }
    }

    private static FileDigest Restore(SafeTensorFile tensors, string from, byte[] start, string to, CancellationToken cancellation)
    {
        using var source = File.OpenRead(from);
        using var target = new FileStream(to, FileMode.CreateNew, FileAccess.Write);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(start);
        target.Write(start);
        source.Position = tensors.DataStart;
        var buffer = new byte[1 << 17];
        while (source.Read(buffer) is var read and > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(buffer.AsSpan(0, read));
            target.Write(buffer.AsSpan(0, read));
        }
        return new FileDigest(target.Length, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
