namespace SixLabors.ImageSharp.Formats.Gif;

/// <summary>The variable-width LZW of GIF 89a, appendix F.</summary>
internal sealed class LzwEncoder
{
    private const int MostCodes = 4096;

    private readonly List<byte> packed = [];
    private uint pending;
    private int pendingBits;

    private LzwEncoder()
    {
    }

    public static ReadOnlySpan<byte> Encode(ReadOnlySpan<byte> indices, int codeSize)
    {
        var output = new LzwEncoder();
        int clear = 1 << codeSize, end = clear + 1, next = end + 1, width = codeSize + 1;
        var codes = new Dictionary<int, int>(MostCodes);
        output.Put(clear, width);
        int prefix = indices[0];
        foreach (byte index in indices[1..])
        {
            int key = (prefix << 8) | index;
            if (codes.TryGetValue(key, out int known))
            {
                prefix = known;
                continue;
            }
            output.Put(prefix, width);
            prefix = index;
            codes.Add(key, next);
            // the reader learns each code one step later, so it widens one step later too
            if (next == 1 << width) width++;
            if (++next < MostCodes) continue;
            output.Put(clear, width);
            codes.Clear();
            next = end + 1;
            width = codeSize + 1;
        }
        output.Put(prefix, width);
        if (next == 1 << width) width++;
        output.Put(end, width);
        output.Put(0, -output.pendingBits & 7);
        return output.packed.ToArray();
    }

    private void Put(int code, int bits)
    {
        pending |= (uint)code << pendingBits;
        for (pendingBits += bits; pendingBits >= 8; pendingBits -= 8, pending >>= 8) packed.Add((byte)pending);
    }
}
