using System.Security.Cryptography;
using Diffusion.Checkpoints;

namespace Diffusion.Exchange;

/// <summary>Takes a version in that was exported somewhere: nothing of it is believed before all of it was looked at.</summary>
public sealed class VersionImport(CheckpointStore store, TimeProvider time, ImportLimits limits)
{
    private const int LongestName = 256;

    /// <summary>Publishes the version in a file under the next number of a model. Uses libtorch on the calling thread.</summary>
    /// <param name="path">A file of either form.</param>
    /// <param name="name">What whoever sent it calls it, or null.</param>
    /// <param name="model">The model that gets the version; need not exist yet.</param>
    /// <param name="cancellation">Ends it before the version is published.</param>
    /// <exception cref="ImportRefusedException">The file, and the entry of it that is at fault.</exception>
    /// <exception cref="ArgumentException">Not a model name.</exception>
    public CheckpointVersion Run(string path, string? name, string model, CancellationToken cancellation)
    {
        CheckpointNames.RequireName(model, nameof(model));
        var length = new FileInfo(path).Length;
        if (length > limits.Bytes) throw new ImportRefusedException(ImportFault.Size, ImportRefusedException.Whole, $"It has {length} bytes; up to {limits.Bytes} are read.");
        var form = FormOf(path) ?? throw new ImportRefusedException(ImportFault.Form, ImportRefusedException.Whole, "It is neither a safetensors nor a zip file.");
        using var spool = Spool.Open(store, time, cancellation);
        var manifest = form == ExchangeForm.Zip
            ? ZipPackage.Unpack(path, spool.Folder, limits, cancellation)
            : TensorPackage.Unpack(path, spool.Folder, limits, cancellation);
        WeightsCheck.Require(manifest, Path.Combine(spool.Folder, CheckpointVersion.WeightsFile), cancellation);
        var origin = Origin(path, name, form, manifest);
        return store.Publish(model, _ => manifest with { Parent = null, Parents = HereAlready(manifest), Origin = origin }, Move, cancellation);

        // the files are on the same volume; publishing flushes and hashes them again
        void Move(string into)
        {
            foreach (var file in manifest.Files.Keys) File.Move(Path.Combine(spool.Folder, file), Path.Combine(into, file));
        }
    }

    private static ExchangeForm? FormOf(string path)
    {
        using var file = File.OpenRead(path);
        var start = new byte[9];
        return ExchangeForms.Of(start.AsSpan(0, file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)));
    }

    private static ImportOrigin Origin(string path, string? name, ExchangeForm form, CheckpointManifest there)
    {
        using var file = File.OpenRead(path);
        return new ImportOrigin(Convert.ToHexStringLower(SHA256.HashData(file)), file.Length, form.Name(), there.Model, there.Version, there.Created)
        {
            Name = Printable(name),
            Parents = there.Ancestry,
        };
    }

    private static string? Printable(string? name)
    {
        var kept = new string([.. (name ?? "").Where(c => !char.IsControl(c) && !char.IsSurrogate(c)).Take(LongestName)]);
        return kept.Length > 0 ? kept : null;
    }

    // names of elsewhere may mean other versions here; only the same weights are the same version
    private IReadOnlyList<LineageLink> HereAlready(CheckpointManifest there)
    {
        try
        {
            var here = store.Find(there.Model, FormattableString.Invariant($"{there.Version}"));
            return here?.Manifest.Files.GetValueOrDefault(CheckpointVersion.WeightsFile) == there.Files[CheckpointVersion.WeightsFile]
                ? [new LineageLink(there.Model, there.Version, LineageLink.Imported)]
                : [];
        }
        catch (CheckpointException)
        {
            return []; // a damaged version is nobody's parent
        }
    }
}
