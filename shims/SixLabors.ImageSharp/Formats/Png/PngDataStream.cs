namespace SixLabors.ImageSharp.Formats.Png;

/// <summary>The pieces of the compressed data as one stream.</summary>
internal sealed class PngDataStream(byte[] file, List<Range> pieces) : Stream
{
    private int piece;
    private int offset;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        while (piece < pieces.Count)
        {
            var rest = file.AsSpan(pieces[piece])[offset..];
            if (rest.Length > 0)
            {
                int count = Math.Min(rest.Length, buffer.Length);
                rest[..count].CopyTo(buffer);
                offset += count;
                return count;
            }
            piece++;
            offset = 0;
        }
        return 0;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
