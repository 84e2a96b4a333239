namespace Diffusion.Tests.Faults;

/// <summary>What a cut of the power takes of that which was not flushed.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Kept">For so many changes of names in one folder, which of them came to be.</param>
/// <param name="Content">Of a file's flushed and its written bytes, what is there.</param>
internal sealed record Loss(string Name, Func<int, bool[]> Kept, Func<byte[], byte[], byte[]> Content)
{
    /// <summary>The ones that disks are known for.</summary>
    public static IReadOnlyList<Loss> Usual { get; } =
    [
        new("nothing of it is there", None, (flushed, _) => flushed),
        new("names are there, bytes are not", All, (flushed, _) => flushed),
        new("names are there, half of the bytes", All, Half),
        new("names are there, bytes are zeros", All, (flushed, written) => flushed.AsSpan().SequenceEqual(written) ? written : new byte[written.Length]),
        new("bytes are there, names are not", None, (_, written) => written),
        new("all of it is there", All, (_, written) => written),
    ];

    /// <summary>Any part of the names in any folder, and any of the above for every file.</summary>
    public static Loss Random(int seed)
    {
        var chance = new Random(seed);
        return new Loss(
            $"chance {seed}",
            count =>
            {
                // mostly what came first is there first, but that is not promised
                var first = chance.Next(count + 1);
                return [.. Enumerable.Range(0, count).Select(i => chance.Next(8) == 0 ? chance.Next(2) == 0 : i < first)];
            },
            (flushed, written) => chance.Next(4) switch
            {
                0 => flushed,
                1 => Half(flushed, written),
                2 => flushed.AsSpan().SequenceEqual(written) ? written : new byte[written.Length],
                _ => written,
            });
    }

    private static bool[] None(int count) => new bool[count];

    private static bool[] All(int count) => [.. Enumerable.Repeat(true, count)];

    private static byte[] Half(byte[] flushed, byte[] written) => flushed.AsSpan().SequenceEqual(written) ? written : written[..(written.Length / 2)];
}
