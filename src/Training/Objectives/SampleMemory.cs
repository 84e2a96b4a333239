using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Diffusion.Noise;
using Diffusion.Training.Jobs;

namespace Diffusion.Training.Objectives;

/// <summary>
/// The per-sample memory of DDDM: row i holds the last estimate of training image i. In epoch 0 every row is
/// standard normal; in epoch e a row shows what epoch e - 1 wrote.
/// </summary>
/// <remarks>
/// Two memory-mapped files take turns: an epoch reads one and writes the other. So what an epoch reads never changes
/// while it runs, and a run that is resumed from any step of that epoch reads the same rows again and writes the same
/// rows again, wherever it was killed. All this needs is a resume point at the start of every epoch, before the file
/// of the epoch before last is written over; the trainer makes one.
/// </remarks>
internal sealed class SampleMemory : IDisposable
{
    private readonly MappedRows[] files;
    private readonly MemoryStorage storage;
    private readonly ulong seed;
    private readonly int pixels;

    public SampleMemory(string folder, int rows, int pixels, MemoryStorage storage, ulong seed)
    {
        (this.storage, this.seed, this.pixels) = (storage, seed, pixels);
        Directory.CreateDirectory(folder);
        var rowBytes = RowBytes(storage, pixels);
        files = [new MappedRows(Path.Combine(folder, "memory-even"), rows, rowBytes), new MappedRows(Path.Combine(folder, "memory-odd"), rows, rowBytes)];
    }

    /// <summary>Bytes of both files.</summary>
    public static long Bytes(MemoryStorage storage, int rows, int pixels) => 2L * rows * RowBytes(storage, pixels);

    /// <summary>What image <paramref name="row"/> is shown in <paramref name="epoch"/>.</summary>
    public void Read(int row, int epoch, Span<float> destination)
    {
        if (epoch == 0)
        {
            SeededNoise.Normal(seed, (uint)row, 0, NoisePurpose.Memory, destination[..pixels]);
            return;
        }
        var bytes = new byte[files[0].RowBytes];
        files[(epoch - 1) & 1].Read(row, bytes);
        switch (storage)
        {
            case MemoryStorage.UInt8:
                for (var i = 0; i < pixels; i++) destination[i] = bytes[i] / 127.5f - 1f;
                break;
            case MemoryStorage.Float16:
                var halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (var i = 0; i < pixels; i++) destination[i] = (float)halves[i];
                break;
            default:
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(destination);
                break;
        }
    }

    /// <summary>Keeps an estimate made in <paramref name="epoch"/> for the next one. uint8 clips it to [-1, 1].</summary>
    public void Write(int row, int epoch, ReadOnlySpan<float> estimate)
    {
        var bytes = new byte[files[0].RowBytes];
        switch (storage)
        {
            case MemoryStorage.UInt8:
                for (var i = 0; i < pixels; i++) bytes[i] = (byte)Math.Clamp(MathF.Round((estimate[i] + 1f) * 127.5f), 0f, 255f);
                break;
            case MemoryStorage.Float16:
                var halves = MemoryMarshal.Cast<byte, Half>(bytes.AsSpan());
                for (var i = 0; i < pixels; i++) halves[i] = (Half)estimate[i];
                break;
            default:
                MemoryMarshal.AsBytes(estimate[..pixels]).CopyTo(bytes);
                break;
        }
        files[epoch & 1].Write(row, bytes);
    }

    /// <summary>Brings every row that was written to the disk.</summary>
    public void Flush()
    {
        foreach (var file in files) file.Flush();
    }

    public void Dispose()
    {
        foreach (var file in files) file.Dispose();
    }

    private static int RowBytes(MemoryStorage storage, int pixels) => pixels * storage switch
    {
        MemoryStorage.UInt8 => 1,
        MemoryStorage.Float16 => 2,
        _ => 4,
    };

    /// <summary>A file of rows of equal length, mapped.</summary>
    private sealed class MappedRows : IDisposable
    {
        private readonly FileStream stream;
        private readonly MemoryMappedFile map;
        private readonly MemoryMappedViewAccessor view;

        public MappedRows(string path, int rows, int rowBytes)
        {
            RowBytes = rowBytes;
            var length = (long)rows * rowBytes;
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            if (stream.Length is var found && found is not 0 && found != length)
            {
                stream.Dispose();
                throw new IOException($"{path} belongs to another run: {found} bytes, expected {length}.");
            }
            stream.SetLength(length);
            map = MemoryMappedFile.CreateFromFile(stream, null, length, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
            view = map.CreateViewAccessor(0, length);
        }

        public int RowBytes { get; }

        public void Read(int row, Span<byte> destination) => view.SafeMemoryMappedViewHandle.ReadSpan((ulong)row * (ulong)RowBytes, destination);

        public void Write(int row, ReadOnlySpan<byte> source) => view.SafeMemoryMappedViewHandle.WriteSpan((ulong)row * (ulong)RowBytes, source);

        public void Flush()
        {
            view.Flush();
            stream.Flush(flushToDisk: true);
        }

        public void Dispose()
        {
            view.Dispose();
            map.Dispose();
            stream.Dispose();
        }
    }
}
