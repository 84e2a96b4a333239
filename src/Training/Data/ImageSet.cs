using System.IO.MemoryMappedFiles;
using Diffusion.Checkpoints;
using Diffusion.Training.Files;

namespace Diffusion.Training.Data;

/// <summary>One split of an image set, memory-mapped. Images are bytes on the disk and floats in [-1, 1] outside.</summary>
internal sealed class ImageSet : IDisposable
{
    private readonly MemoryMappedFile file;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte[] labels;

    private ImageSet(string folder, string split, ImageSetManifest manifest)
    {
        Manifest = manifest;
        var path = Path.Combine(folder, $"{split}.images.u8");
        labels = File.ReadAllBytes(Path.Combine(folder, $"{split}.labels.u8"));
        Pixels = manifest.Channels * manifest.Height * manifest.Width;
        file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        Reference = new DataReference(manifest.Name, DurableFile.Digest(Path.Combine(folder, ImageSetManifest.FileName)).Sha256, Count);
    }

    public ImageSetManifest Manifest { get; }

    /// <summary>Name, digest of the manifest (which holds the digest of every file) and number of images.</summary>
    public DataReference Reference { get; }

    /// <summary>Number of images.</summary>
    public int Count => labels.Length;

    /// <summary>Numbers in one image: channels x height x width.</summary>
    public int Pixels { get; }

    /// <summary>Opens a split after checking every length and digest of it.</summary>
    /// <exception cref="DamagedDataException">The set is missing, or a file is not the one that was imported.</exception>
    public static ImageSet Open(string folder, string split)
    {
        var manifest = ImageSetManifest.Read(folder);
        if (!manifest.Splits.TryGetValue(split, out var count)) throw new DamagedDataException(folder, $"no split '{split}'.");
        Check($"{split}.labels.u8", count);
        Check($"{split}.images.u8", (long)count * manifest.Channels * manifest.Height * manifest.Width);
        return new ImageSet(folder, split, manifest);

        void Check(string name, long length)
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path)) throw new DamagedDataException(path, "the file is missing.");
            var digest = DurableFile.Digest(path);
            if (digest.Bytes != length) throw new DamagedDataException(path, $"{digest.Bytes} bytes, expected {length}.");
            if (!manifest.Files.TryGetValue(name, out var expected) || expected != digest)
                throw new DamagedDataException(path, "its SHA-256 is not the one in the manifest.");
        }
    }

    public int Label(int index) => labels[index];

    /// <summary>The pixels of one image as u / 127.5 - 1.</summary>
    public void Read(int index, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
        Span<byte> bytes = stackalloc byte[Math.Min(Pixels, 4096)];
        for (var at = 0; at < Pixels; at += bytes.Length)
        {
            var part = bytes[..Math.Min(bytes.Length, Pixels - at)];
            view.SafeMemoryMappedViewHandle.ReadSpan((ulong)index * (ulong)Pixels + (ulong)at, part);
            for (var i = 0; i < part.Length; i++) destination[at + i] = part[i] / 127.5f - 1f;
        }
    }

    public void Dispose()
    {
        view.Dispose();
        file.Dispose();
    }
}
