using System.IO.Compression;
using Diffusion.Checkpoints;
using Diffusion.Exchange;
using Diffusion.Testing;

namespace Diffusion.Tests.Exchange;

/// <summary>A store with one version, files that were made of it, and another store that they are brought to.</summary>
public sealed class Packages : IDisposable
{
    public const string Model = "tiny", Taken = "taken";

    private readonly TemporaryFolder folder = new();

    public Packages()
    {
        From = new CheckpointStore(folder["from"], TimeProvider.System);
        To = new CheckpointStore(folder["to"], TimeProvider.System);
        var weights = TinyModels.Publish(From, Model, sampling: new SamplingDefaults("ddim", 4));
        Version = From.Publish(Model, _ => weights.Manifest with { Metrics = new Dictionary<string, double> { ["fid"] = 12.5 }, Parents = [new(Model, 1, LineageLink.Initial)] }, into =>
        {
            File.Copy(weights.PathOf(CheckpointVersion.WeightsFile), Path.Combine(into, CheckpointVersion.WeightsFile));
            File.WriteAllText(Path.Combine(into, "job.json"), """{ "steps": 3 }""");
        });
    }

    public CheckpointStore From { get; }

    public CheckpointStore To { get; }

    /// <summary>Version 2 of <see cref="Model"/>, with a file beside the weights.</summary>
    public CheckpointVersion Version { get; }

    public string this[string name] => folder[name];

    public async Task<string> ExportAsync(ExchangeForm form, CheckpointVersion? version = null)
    {
        var path = folder[$"{Guid.NewGuid():N}.{form.Name()}"];
        await using var file = File.Create(path);
        await new VersionExport(version ?? Version, (version ?? Version).Manifest.Metrics, form).WriteAsync(file, CancellationToken.None);
        return path;
    }

    public CheckpointVersion Import(string path, ImportLimits? limits = null, CheckpointStore? store = null) =>
        new VersionImport(store ?? To, TimeProvider.System, limits ?? new ImportLimits()).Run(path, "a file.bin", Taken, CancellationToken.None);

    /// <summary>The refusal of a file, of which nothing must be left.</summary>
    public ImportRefusedException Refuse(string path, ImportLimits? limits = null)
    {
        var before = To.Versions(Taken);
        var refusal = Assert.Throws<ImportRefusedException>(() => Import(path, limits));
        Assert.Equal(before, To.Versions(Taken));
        Assert.Equal([".lock"], Left());
        return refusal;
    }

    /// <summary>What is in the folder for what comes in.</summary>
    public string[] Left() => [.. Directory.EnumerateFileSystemEntries(Path.Combine(To.Root, ".incoming")).Select(p => Path.GetFileName(p))];

    /// <summary>A zip file of the version, with entries changed, left out (null) or added.</summary>
    public async Task<string> ZipAsync(params (string Name, byte[]? Content)[] changes)
    {
        var path = folder[$"{Guid.NewGuid():N}.zip"];
        using var source = ZipFile.OpenRead(await ExportAsync(ExchangeForm.Zip));
        using var target = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var entry in source.Entries.Where(e => changes.All(c => c.Name != e.FullName)))
        {
            using var from = entry.Open();
            using var into = target.CreateEntry(entry.FullName).Open();
            from.CopyTo(into);
        }
        foreach (var (name, content) in changes)
        {
            if (content is null) continue;
            using var into = target.CreateEntry(name, CompressionLevel.Optimal).Open();
            into.Write(content);
        }
        return path;
    }

    /// <summary>The same with another manifest, and the weights of it.</summary>
    public Task<string> ZipAsync(Func<CheckpointManifest, CheckpointManifest> change, byte[]? weights = null)
    {
        var bytes = weights ?? File.ReadAllBytes(Version.PathOf(CheckpointVersion.WeightsFile));
        var digest = new FileDigest(bytes.Length, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)));
        var manifest = change(Version.Manifest with { Files = new Dictionary<string, FileDigest> { [CheckpointVersion.WeightsFile] = digest } });
        return ZipAsync(("manifest.json", ManifestJson.Write(manifest)), ("job.json", null), (CheckpointVersion.WeightsFile, bytes));
    }

    public void Dispose() => folder.Dispose();
}
