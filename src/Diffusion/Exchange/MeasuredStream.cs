using System.Security.Cryptography;
using Diffusion.Checkpoints;

namespace Diffusion.Exchange;

/// <summary>
/// Hashes and counts what is written on its way to another stream. It cannot seek, whatever the other one can: what is
/// written to it does not depend on where it goes. The other one is only ever written to asynchronously: what a writer of
/// archives says in between, which is little, waits for the next asynchronous call.
/// </summary>
internal sealed class MeasuredStream(Stream destination) : Stream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly MemoryStream waiting = new();
    private long written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => written; set => throw new NotSupportedException(); }

    /// <summary>Of everything so far.</summary>
    public FileDigest Digest() => new(written, Convert.ToHexStringLower(hash.GetCurrentHash()));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Count(buffer);
        waiting.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Count(buffer.Span);
        await DrainAsync(cancellationToken).ConfigureAwait(false);
        await destination.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // there is nothing that could be done synchronously
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        await DrainAsync(cancellationToken).ConfigureAwait(false);
        await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            hash.Dispose();
            waiting.Dispose();
        }
        base.Dispose(disposing);
    }

    private async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        if (waiting.Length == 0) return;
        await destination.WriteAsync(waiting.GetBuffer().AsMemory(0, (int)waiting.Length), cancellationToken).ConfigureAwait(false);
        waiting.SetLength(0);
    }

    private void Count(ReadOnlySpan<byte> buffer)
    {
        hash.AppendData(buffer);
        written += buffer.Length;
    }
}
