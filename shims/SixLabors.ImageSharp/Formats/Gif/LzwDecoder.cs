namespace SixLabors.ImageSharp.Formats.Gif;

/// <summary>Reads the variable-width LZW of GIF 89a, appendix F, out of its blocks of at most 255 bytes.</summary>
internal static class LzwDecoder
{
    private const int MostCodes = 4096;

    /// <summary>Fills all indices and gives the position after the last block.</summary>
    /// <exception cref="InvalidImageContentException">A code that cannot be, or too few of them.</exception>
    public static int Decode(ReadOnlySpan<byte> file, int position, Span<byte> indices)
    {
        int codeSize = GifReader.Byte(file, position++);
        if (codeSize is < 1 or > 8) throw GifReader.Damaged($"codes of {codeSize} bits");
        int clear = 1 << codeSize, end = clear + 1, next = end + 1, width = codeSize + 1, previous = -1;
        var prefix = new short[MostCodes];
        var suffix = new byte[MostCodes];
        var stack = new byte[MostCodes + 1];
        for (int i = 0; i < clear; i++) suffix[i] = (byte)i;

        int filled = 0, left = 0, bits = 0;
        uint pending = 0;
        while (filled < indices.Length)
        {
            while (bits < width)
            {
                if (left == 0 && (left = GifReader.Byte(file, position++)) == 0) throw GifReader.Damaged("a frame ends before it is full");
                pending |= (uint)GifReader.Byte(file, position++) << bits;
                bits += 8;
                left--;
            }
            int code = (int)(pending & ((1u << width) - 1));
            pending >>= width;
            bits -= width;
            if (code == end) throw GifReader.Damaged("a frame ends before it is full");
            if (code == clear)
            {
                (next, width, previous) = (end + 1, codeSize + 1, -1);
                continue;
            }
            if (code > next || (code == next && (previous < 0 || next == MostCodes))) throw GifReader.Damaged($"code {code} is not known yet");

            // the code being made by this very step is the previous string and its own first index again
            int depth = code == next ? 1 : 0, walk = code == next ? previous : code;
            for (; walk > end; walk = prefix[walk]) stack[depth++] = suffix[walk];
            byte first = suffix[walk];
            stack[depth++] = first;
            if (code == next) stack[0] = first;
            while (depth > 0 && filled < indices.Length) indices[filled++] = stack[--depth];

            if (previous >= 0 && next < MostCodes)
            {
                prefix[next] = (short)previous;
                suffix[next++] = first;
                if (next == 1 << width && width < 12) width++;
            }
            previous = code;
        }
        return GifReader.SkipBlocks(file, position + left);
    }
}
