namespace Diffusion.Exchange;

/// <summary>Lets through a stretch of what is written, to another stream, and swallows the rest; only ever asynchronously.</summary>
/// <param name="destination">Where the stretch goes; stays open.</param>
/// <param name="from">Bytes before it.</param>
/// <param name="count">Its bytes.</param>
internal sealed class WindowStream(Stream destination, long from, long count) : Stream
{
    private long position;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => position; set => throw new NotSupportedException(); }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var start = (int)Math.Clamp(from - position, 0, buffer.Length);
        var end = (int)Math.Clamp(from + count - position, start, buffer.Length);
        position += buffer.Length;
        if (end > start) await destination.WriteAsync(buffer[start..end], cancellationToken).ConfigureAwait(false);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => destination.FlushAsync(cancellationToken);

    public override void Flush() => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
