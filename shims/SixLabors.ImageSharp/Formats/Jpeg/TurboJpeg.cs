using System.Runtime.InteropServices;

namespace SixLabors.ImageSharp.Formats.Jpeg;

/// <summary>The part of libturbojpeg's C interface (turbojpeg.h, 2.x) that is used.</summary>
internal static unsafe partial class TurboJpeg
{
    public const int FormatRgb = 0, FormatGray = 6, FormatRgba = 7, FormatCmyk = 11;
    public const int ColorspaceGray = 2, ColorspaceCmyk = 3, ColorspaceYcck = 4;

    /// <summary>A damaged stream is an error, not a gray patch.</summary>
    public const int StopOnWarning = 8192;

    /// <summary>A progressive file may repeat scans without end.</summary>
    public const int LimitScans = 32768;

    public const int AccurateDct = 4096;

    private const string Library = "libturbojpeg.so.0";

    public static NativeCodec Codec { get; } = new("JPEG", Library, "libturbojpeg0");

    [LibraryImport(Library, EntryPoint = "tjInitDecompress")]
    public static partial nint InitDecompress();

    [LibraryImport(Library, EntryPoint = "tjInitCompress")]
    public static partial nint InitCompress();

    [LibraryImport(Library, EntryPoint = "tjDestroy")]
    public static partial int Destroy(nint handle);

    [LibraryImport(Library, EntryPoint = "tjDecompressHeader3")]
    public static partial int DecompressHeader(nint handle, byte* jpeg, CULong length, out int width, out int height, out int subsampling, out int colorspace);

    [LibraryImport(Library, EntryPoint = "tjDecompress2")]
    public static partial int Decompress(nint handle, byte* jpeg, CULong length, byte* pixels, int width, int pitch, int height, int format, int flags);

    [LibraryImport(Library, EntryPoint = "tjCompress2")]
    public static partial int Compress(nint handle, byte* pixels, int width, int pitch, int height, int format, ref byte* jpeg, ref CULong length, int subsampling, int quality, int flags);

    [LibraryImport(Library, EntryPoint = "tjFree")]
    public static partial void Free(byte* buffer);

    public static string Error(nint handle) => Marshal.PtrToStringUTF8(GetErrorStr(handle)) ?? "no reason given";

    [LibraryImport(Library, EntryPoint = "tjGetErrorStr2")]
    private static partial nint GetErrorStr(nint handle);
}
