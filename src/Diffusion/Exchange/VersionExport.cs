using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Diffusion.Checkpoints;

namespace Diffusion.Exchange;

/// <summary>A version on its way out. The same version gives the same bytes, and a damaged one gives none.</summary>
public sealed class VersionExport
{
    /// <summary>Where the manifest stands in the free text of a safetensors file.</summary>
    internal const string ManifestKey = "diffusion.manifest";

    private const int TagLength = 24;

    private static readonly DateTimeOffset Timeless = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly CheckpointVersion version;
    private readonly ExchangeForm form;
    private readonly byte[] manifest;

    /// <param name="version">The version.</param>
    /// <param name="metrics">What was measured of it, with what was attached since it was published.</param>
    /// <param name="form">One of the two.</param>
    public VersionExport(CheckpointVersion version, IReadOnlyDictionary<string, double> metrics, ExchangeForm form)
    {
        ArgumentNullException.ThrowIfNull(version);
        (this.version, this.form) = (version, form);
        var weights = version.Manifest.Files.Where(f => f.Key == CheckpointVersion.WeightsFile).ToDictionary();
        manifest = ManifestJson.Write(version.Manifest with
        {
            Format = ManifestJson.Format,
            Metrics = metrics,
            Files = form == ExchangeForm.Zip ? version.Manifest.Files : weights,
        });
        Tag = Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes(form.Name()), .. manifest]))[..TagLength];
    }

    /// <summary>Stands for the bytes, and costs no reading of them: the manifest has the digest of every file.</summary>
    public string Tag { get; }

    /// <summary>A name for the file, such as <c>digits-ddpm-v3.zip</c>.</summary>
    public string FileName => FormattableString.Invariant($"{version.Manifest.Model}-v{version.Manifest.Version}.{form.Name()}");

    /// <summary>Reads all files once, and says what <see cref="WriteAsync"/> will write.</summary>
    /// <exception cref="CheckpointException">A file is not what the manifest says.</exception>
    public Task<FileDigest> MeasureAsync(CancellationToken cancellation) => WriteAsync(Stream.Null, cancellation);

    /// <summary>Writes it, a piece at a time.</summary>
    /// <returns>Length and digest of what was written.</returns>
    /// <exception cref="CheckpointException">A file is not what the manifest says; what was written is not to be used.</exception>
    public async Task<FileDigest> WriteAsync(Stream destination, CancellationToken cancellation)
    {
        await using var measured = new MeasuredStream(destination);
        if (form == ExchangeForm.Zip) await WriteZipAsync(measured, cancellation).ConfigureAwait(false);
        else await WriteTensorsAsync(measured, cancellation).ConfigureAwait(false);
        await measured.FlushAsync(cancellation).ConfigureAwait(false);
        return measured.Digest();
    }

    /// <summary>Writes a stretch of it: all is read and verified, so that the stretch is of the same bytes.</summary>
    /// <param name="destination">Where it goes.</param>
    /// <param name="from">Bytes to leave out before it, 0 or more.</param>
    /// <param name="count">Its bytes.</param>
    /// <param name="cancellation">Nobody wants it any more.</param>
    /// <exception cref="CheckpointException">A file is not what the manifest says; what was written is not to be used.</exception>
    public async Task WritePartAsync(Stream destination, long from, long count, CancellationToken cancellation)
    {
        await using var window = new WindowStream(destination, from, count);
        await WriteAsync(window, cancellation).ConfigureAwait(false);
    }

    private async Task WriteZipAsync(Stream destination, CancellationToken cancellation)
    {
        await using var zip = await ZipArchive.CreateAsync(destination, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellation).ConfigureAwait(false);
        await using (var entry = await EntryAsync(CheckpointStore.ManifestFile).ConfigureAwait(false)) await entry.WriteAsync(manifest, cancellation).ConfigureAwait(false);
        foreach (var file in version.Manifest.Files.Keys.Order(StringComparer.Ordinal))
        {
            await using var source = Open(file);
            await using var entry = await EntryAsync(file).ConfigureAwait(false);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await CopyAsync(source, entry, hash, cancellation).ConfigureAwait(false);
            RequireDigest(file, source.Length, hash);
        }

        // weights cannot be compressed, and a time would make each export another one
        Task<Stream> EntryAsync(string name)
        {
            var entry = zip.CreateEntry(name, CompressionLevel.NoCompression);
            entry.LastWriteTime = Timeless;
            return entry.OpenAsync(cancellation);
        }
    }

    private async Task WriteTensorsAsync(Stream destination, CancellationToken cancellation)
    {
        const string file = CheckpointVersion.WeightsFile;
        var (own, exported) = Headers(file);
        await using var source = Open(file);
        var stored = new byte[Math.Min(own.Length, source.Length)];
        await source.ReadExactlyAsync(stored, cancellation).ConfigureAwait(false);
        // an importer makes the file again from the tensors alone, so it must be the one that they give
        if (!stored.AsSpan().SequenceEqual(own)) throw new ForeignHeaderException(source.Name);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(stored);
        await destination.WriteAsync(exported, cancellation).ConfigureAwait(false);
        await CopyAsync(source, destination, hash, cancellation).ConfigureAwait(false);
        RequireDigest(file, source.Length, hash);
    }

    private (byte[] Own, byte[] Exported) Headers(string name)
    {
        try
        {
            using var file = SafeTensorFile.Open(version.PathOf(name));
            var metadata = new Dictionary<string, string>(file.Metadata) { [ManifestKey] = Encoding.UTF8.GetString(manifest) };
            return (SafeTensors.Start(file.Tensors.Values, file.Metadata), SafeTensors.Start(file.Tensors.Values, metadata));
        }
        catch (Exception damage) when (damage is SafeTensorsException or UnauthorizedAccessException or IOException and not CheckpointException)
        {
            throw new CheckpointException($"'{name}' cannot be read: {damage.Message}", name, damage);
        }
    }

    private FileStream Open(string file)
    {
        try
        {
            return new FileStream(version.PathOf(file), new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
        }
        catch (Exception gone) when (gone is UnauthorizedAccessException or IOException and not CheckpointException)
        {
            throw new CheckpointException($"'{file}' cannot be read: {gone.Message}", file, gone);
        }
    }

    private void RequireDigest(string file, long length, IncrementalHash hash)
    {
        var expected = version.Manifest.Files[file];
        if (length != expected.Bytes || Convert.ToHexStringLower(hash.GetHashAndReset()) != expected.Sha256)
            throw new CheckpointException($"'{file}' of {version.Manifest.Model} version {version.Manifest.Version} is not what its manifest says.", file);
    }

    private static async Task CopyAsync(Stream source, Stream destination, IncrementalHash hash, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 17);
        try
        {
            while (await source.ReadAsync(buffer, cancellation).ConfigureAwait(false) is var read and > 0)
            {
                hash.AppendData(buffer.AsSpan(0, read));
                await destination.WriteAsync(buffer.AsMemory(0, read), cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

/// <summary>A weights file whose header this build would write in another way; a zip can hold it as it is.</summary>
public sealed class ForeignHeaderException(string path)
    : CheckpointException($"The header of '{path}' was written by another program; it can be exported as zip.", CheckpointVersion.WeightsFile);
