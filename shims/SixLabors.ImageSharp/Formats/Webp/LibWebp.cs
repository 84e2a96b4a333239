using System.Runtime.InteropServices;

namespace SixLabors.ImageSharp.Formats.Webp;

/// <summary>The part of libwebp's C interface (decode.h, encode.h) that is used.</summary>
internal static unsafe partial class LibWebp
{
    /// <summary>The longest side of the format.</summary>
    public const int LargestSide = 16383;

    private const string Library = "libwebp.so.7";

    public static NativeCodec Codec { get; } = new("WebP", Library, "libwebp7");

    [LibraryImport(Library, EntryPoint = "WebPGetInfo")]
    public static partial int GetInfo(byte* webp, nuint length, out int width, out int height);

    [LibraryImport(Library, EntryPoint = "WebPDecodeRGBAInto")]
    public static partial byte* DecodeRgba(byte* webp, nuint length, byte* pixels, nuint size, int pitch);

    [LibraryImport(Library, EntryPoint = "WebPEncodeRGB")]
    public static partial nuint EncodeRgb(byte* pixels, int width, int height, int pitch, float quality, out byte* webp);

    [LibraryImport(Library, EntryPoint = "WebPEncodeRGBA")]
    public static partial nuint EncodeRgba(byte* pixels, int width, int height, int pitch, float quality, out byte* webp);

    [LibraryImport(Library, EntryPoint = "WebPEncodeLosslessRGB")]
    public static partial nuint EncodeLosslessRgb(byte* pixels, int width, int height, int pitch, out byte* webp);

    [LibraryImport(Library, EntryPoint = "WebPEncodeLosslessRGBA")]
    public static partial nuint EncodeLosslessRgba(byte* pixels, int width, int height, int pitch, out byte* webp);

    [LibraryImport(Library, EntryPoint = "WebPFree")]
    public static partial void Free(byte* buffer);
}
