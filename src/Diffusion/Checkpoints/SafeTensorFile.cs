using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Diffusion.Checkpoints;

/// <summary>
/// An open safetensors file whose header has been checked against its length. Tensors are read when asked for, so a
/// file cut short later ends in an exception, never in a fault.
/// </summary>
public sealed class SafeTensorFile : IDisposable
{
    private readonly SafeFileHandle handle;
    private readonly SafeTensorHeader header;

    private SafeTensorFile(SafeFileHandle handle)
    {
        this.handle = handle;
        var length = RandomAccess.GetLength(handle);
        var prefix = new byte[8];
        if (length < 8) throw new SafeTensorsException($"The file has {length} bytes, too few for a safetensors file.");
        Fill(prefix, 0, null);
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > SafeTensors.MaximumHeader) throw new SafeTensorsException($"The header claims {headerLength} bytes; the limit is {SafeTensors.MaximumHeader}.");
        DataStart = 8 + (long)headerLength;
        if (DataStart > length) throw new SafeTensorsException($"The header claims {headerLength} bytes, the file has {length}.");
        var text = new byte[(int)headerLength];
        Fill(text, 8, null);
        header = new SafeTensorHeader(text, length - DataStart);
    }

    /// <summary>Bytes before the first element.</summary>
    internal long DataStart { get; }

    /// <summary>All tensors by name.</summary>
    public IReadOnlyDictionary<string, SafeTensorEntry> Tensors => header.Tensors;

    /// <summary>The free text of the header; empty if there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => header.Metadata;

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="SafeTensorsException">The file breaks the format; the message says where.</exception>
    public static SafeTensorFile Open(string path)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            return new SafeTensorFile(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The description of a tensor.</summary>
    /// <exception cref="SafeTensorsException">The file has no such tensor.</exception>
    public SafeTensorEntry this[string name] =>
        Tensors.TryGetValue(name, out var entry) ? entry : throw new SafeTensorsException($"The file has no tensor '{name}'.", name);

    /// <summary>The elements of a tensor, row-major, little-endian.</summary>
    /// <exception cref="SafeTensorsException">No such tensor, larger than an array can be, or the file has become shorter.</exception>
    public byte[] Read(string name)
    {
        var entry = this[name];
        if (entry.Bytes > Array.MaxLength) throw new SafeTensorsException($"Tensor '{name}' has {entry.Bytes} bytes, more than one array holds.", name);
        var bytes = GC.AllocateUninitializedArray<byte>((int)entry.Bytes);
        Read(name, bytes);
        return bytes;
    }

    /// <summary>Reads the elements of a tensor into <paramref name="destination"/>, which must have exactly its length.</summary>
    /// <inheritdoc cref="Read(string)"/>
    public void Read(string name, Span<byte> destination)
    {
        var entry = this[name];
        if (destination.Length != entry.Bytes) throw new ArgumentException($"Tensor '{name}' has {entry.Bytes} bytes, the destination {destination.Length}.", nameof(destination));
        Fill(destination, DataStart + entry.Offset, name);
    }

    /// <summary>Reads a part of a tensor.</summary>
    internal void Read(SafeTensorEntry tensor, long from, Span<byte> destination) => Fill(destination, DataStart + tensor.Offset + from, tensor.Name);

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    private void Fill(Span<byte> destination, long offset, string? tensor)
    {
        while (destination.Length > 0)
        {
            var read = RandomAccess.Read(handle, destination, offset);
            if (read == 0) throw new SafeTensorsException($"The file ends at byte {offset}, before it should.", tensor);
            destination = destination[read..];
            offset += read;
        }
    }
}
