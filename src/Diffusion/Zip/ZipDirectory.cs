using System.Buffers.Binary;

namespace Diffusion.Zip;

/// <summary>
/// The entries of a zip file, counted before anybody makes objects of them: a file of a few gibibytes can list a hundred million
/// (APPNOTE.TXT 4.3.12 to 4.3.16).
/// </summary>
public static class ZipDirectory
{
    private const uint EndSignature = 0x06054b50, End64Signature = 0x06064b50, Locator64Signature = 0x07064b50, EntrySignature = 0x02014b50;
    private const int EndBytes = 22, Locator64Bytes = 20, End64Bytes = 56, EntryBytes = 46, LongestComment = ushort.MaxValue;

    /// <summary>Counts up to <paramref name="most"/>; what is no zip file has none, and whoever opens it says so.</summary>
    public static int Count(string path, int most)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        if (Start(file) is not { } start || start < 0 || start > file.Length) return 0;
        file.Position = start;
        Span<byte> header = stackalloc byte[EntryBytes];
        var count = 0;
        while (count < most && file.ReadAtLeast(header, EntryBytes, throwOnEndOfStream: false) == EntryBytes && BinaryPrimitives.ReadUInt32LittleEndian(header) == EntrySignature)
        {
            count++;
            file.Seek(BinaryPrimitives.ReadUInt16LittleEndian(header[28..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[30..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[32..]), SeekOrigin.Current);
        }
        return count;
    }

    private static long? Start(FileStream file)
    {
        var tail = new byte[Math.Min(file.Length, EndBytes + LongestComment + Locator64Bytes)];
        file.Position = file.Length - tail.Length;
        file.ReadExactly(tail);
        for (var at = tail.Length - EndBytes; at >= 0; at--)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at)) != EndSignature) continue;
            var start = BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at + 16));
            return at >= Locator64Bytes && BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at - Locator64Bytes)) == Locator64Signature
                ? Start64(file, BinaryPrimitives.ReadInt64LittleEndian(tail.AsSpan(at - Locator64Bytes + 8))) ?? start
                : start;
        }
        return null;
    }

    private static long? Start64(FileStream file, long at)
    {
        Span<byte> end = stackalloc byte[End64Bytes];
        if (at < 0 || at > file.Length - End64Bytes) return null;
        file.Position = at;
        file.ReadExactly(end);
        return BinaryPrimitives.ReadUInt32LittleEndian(end) == End64Signature ? BinaryPrimitives.ReadInt64LittleEndian(end[48..]) : null;
    }
}
