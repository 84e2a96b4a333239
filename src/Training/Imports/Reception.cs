using System.Buffers;
using System.Security.Cryptography;

namespace Diffusion.Training.Imports;

/// <summary>Adds what a request brings to the end of a file, flushed to the disk.</summary>
internal static class Reception
{
    private const int BufferBytes = 1 << 16;

    /// <param name="path">The file; what is in it beyond <paramref name="offset"/> was never taken and goes.</param>
    /// <param name="offset">Bytes that count.</param>
    /// <param name="room">The most that may come.</param>
    /// <param name="body">What comes.</param>
    /// <param name="sha256">Of all that comes, or null. With it a body that breaks off counts for nothing, without it each byte counts.</param>
    /// <param name="cancellation">Ends the body.</param>
    /// <returns>Bytes added, and how the body broke off, or null.</returns>
    /// <exception cref="UploadTooLongException">More came.</exception>
    /// <exception cref="UploadDigestException">Something else came.</exception>
    /// <exception cref="ImportStoreException">They cannot be written.</exception>
    public static async Task<(long Bytes, Exception? Broken)> TakeAsync(string path, long offset, long room, Stream body, byte[]? sha256, CancellationToken cancellation)
    {
        using var file = OnDisk(() => new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0));
        OnDisk(() => Settle(file, offset));
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        long taken = 0;
        Exception? broken = null;
        try
        {
            while (await NextAsync() is var read and > 0)
            {
                if (taken + read > room) throw new UploadTooLongException($"The body has more than the {room} bytes that may come; none of it was taken.");
                OnDisk(() => Write(file, buffer.AsSpan(0, read)));
                digest.AppendData(buffer, 0, read);
                taken += read;
            }
            if (broken is not null && sha256 is not null) taken = 0;
            if (broken is null && sha256 is not null && !digest.GetHashAndReset().AsSpan().SequenceEqual(sha256))
                throw new UploadDigestException("The body is not the one that its digest names; none of it was taken.");
            OnDisk(() => Settle(file, offset + taken));
            return (taken, broken);
        }
        catch
        {
            OnDisk(() => Settle(file, offset));
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        // what the network does ends the body; what the disk does is another matter
        async Task<int> NextAsync()
        {
            try
            {
                return await body.ReadAsync(buffer, cancellation);
            }
            catch (Exception failure)
            {
                broken = failure;
                return 0;
            }
        }
    }

    private static bool Write(FileStream file, ReadOnlySpan<byte> bytes)
    {
        file.Write(bytes);
        return true;
    }

    private static bool Settle(FileStream file, long length)
    {
        if (file.Length < length) throw new IOException("The file is shorter than what was taken.");
        file.SetLength(length);
        file.Position = length;
        file.Flush(flushToDisk: true);
        return true;
    }

    private static T OnDisk<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ImportStoreException("The upload cannot be written now: the disk is full, or its folder cannot be written to.", failure);
        }
    }
}
