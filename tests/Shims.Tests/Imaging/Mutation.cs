namespace Shims.Tests.Imaging;

/// <summary>Damages a file in one of the ways that files get damaged, or are made to.</summary>
internal static class Mutation
{
    private static readonly byte[] Borders = [0, 1, 0x7F, 0x80, 0xFE, 0xFF];

    public static byte[] Of(byte[] seed, Random random)
    {
        var file = (byte[])seed.Clone();
        switch (random.Next(6))
        {
            case 0:
                for (int n = random.Next(1, 9); n > 0; n--) file[random.Next(file.Length)] ^= (byte)(1 << random.Next(8));
                return file;
            case 1:
                for (int n = random.Next(1, 5); n > 0; n--) file[random.Next(file.Length)] = Borders[random.Next(Borders.Length)];
                return file;
            case 2:
                // sizes and lengths live at the front
                for (int n = random.Next(1, 5); n > 0; n--) file[random.Next(Math.Min(64, file.Length))] = (byte)random.Next(256);
                return file;
            case 3:
                return file[..random.Next(file.Length)];
            case 4:
                var (from, to) = Part(file, random);
                return [.. file[..from], .. file[to..]];
            default:
                (from, to) = Part(file, random);
                int at = random.Next(file.Length);
                return [.. file[..at], .. file[from..to], .. file[at..]];
        }
    }

    private static (int From, int To) Part(byte[] file, Random random)
    {
        int from = random.Next(file.Length);
        return (from, Math.Min(file.Length, from + random.Next(1, 33)));
    }
}
