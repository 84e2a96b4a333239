namespace SixLabors.ImageSharp.Formats.Gif;

/// <summary>At most 256 colours for one picture, and which of them each pixel takes.</summary>
/// <param name="Rgb">The colours as RGB, 768 bytes, unused ones zero.</param>
/// <param name="Colors">How many are used.</param>
/// <param name="Transparent">The index that means transparent, or -1.</param>
/// <param name="Indices">One a pixel.</param>
internal sealed record Palette(byte[] Rgb, int Colors, int Transparent, byte[] Indices)
{
    private const int Largest = 256;
    private const int Hidden = -1;

    /// <summary>Pictures of so many different colours are first gathered at 6 bits a channel.</summary>
    private const int ManyColours = 1 << 16;

    public static Palette Quantize(ReadOnlySpan<byte> rgba)
    {
        var pixels = new int[rgba.Length / 4];
        var counts = new Dictionary<int, int>();
        for (int i = 0, p = 0; i < pixels.Length; i++, p += 4)
        {
            pixels[i] = rgba[p + 3] < 128 ? Hidden : (rgba[p] << 16) | (rgba[p + 1] << 8) | rgba[p + 2];
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, pixels[i], out _)++;
        }
        bool transparent = counts.Remove(Hidden);
        var chosen = ColorBoxes.Choose(Weigh(counts), transparent ? Largest - 1 : Largest);

        var index = new Dictionary<int, byte>(counts.Count);
        foreach (int colour in counts.Keys) index.Add(colour, Nearest(chosen, colour));
        if (transparent) index.Add(Hidden, (byte)chosen.Count);

        var rgb = new byte[Largest * 3];
        for (int i = 0; i < chosen.Count; i++) (rgb[3 * i], rgb[(3 * i) + 1], rgb[(3 * i) + 2]) = ((byte)(chosen[i] >> 16), (byte)(chosen[i] >> 8), (byte)chosen[i]);
        return new Palette(rgb, chosen.Count + (transparent ? 1 : 0), transparent ? chosen.Count : -1, Array.ConvertAll(pixels, pixel => index[pixel]));
    }

    private static List<WeightedColor> Weigh(Dictionary<int, int> counts)
    {
        var exact = counts.Select(entry => new WeightedColor(entry.Key >> 16, (entry.Key >> 8) & 255, entry.Key & 255, entry.Value));
        if (counts.Count <= ManyColours) return [.. exact];
        return [.. exact.GroupBy(colour => ((int)colour.R >> 2, (int)colour.G >> 2, (int)colour.B >> 2)).Select(WeightedColor.Mean)];
    }

    private static byte Nearest(List<int> chosen, int colour)
    {
        int best = 0, bestDistance = int.MaxValue;
        for (int i = 0; i < chosen.Count; i++)
        {
            int r = (chosen[i] >> 16) - (colour >> 16), g = ((chosen[i] >> 8) & 255) - ((colour >> 8) & 255), b = (chosen[i] & 255) - (colour & 255);
            int distance = (r * r) + (g * g) + (b * b);
            if (distance < bestDistance) (best, bestDistance) = (i, distance);
        }
        return (byte)best;
    }
}
