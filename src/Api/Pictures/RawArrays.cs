using System.Globalization;
using Diffusion.Imaging;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Pictures;

/// <summary>Planes [..., C, H, W] as interleaved arrays [..., H, W, C].</summary>
internal static class RawArrays
{
    /// <summary>Pictures of that size as uint8 [..., H, W, C].</summary>
    public static byte[] Bytes(float[] planes, GenerationResult result)
    {
        var bytes = new byte[planes.Length];
        var size = result.Channels * result.Height * result.Width;
        for (var at = 0; at < bytes.Length; at += size) Pixels.Interleave(planes.AsSpan(at, size), result.Channels, bytes.AsSpan(at, size));
        return bytes;
    }

    /// <summary>Pictures of that size as float32 [..., H, W, C].</summary>
    public static float[] Floats(float[] planes, GenerationResult result)
    {
        if (result.Channels == 1) return planes;
        var (area, channels) = (result.Height * result.Width, result.Channels);
        var values = new float[planes.Length];
        for (var start = 0; start < planes.Length; start += area * channels)
            for (var c = 0; c < channels; c++)
                for (var i = 0; i < area; i++)
                    values[start + i * channels + c] = planes[start + c * area + i];
        return values;
    }

    /// <summary>Says in headers what the bytes are.</summary>
    public static void Describe(IHeaderDictionary headers, GenerationResult result, string type)
    {
        headers["X-Shape"] = string.Create(CultureInfo.InvariantCulture, $"{result.Count}, {result.Height}, {result.Width}, {result.Channels}");
        headers["X-Dtype"] = type;
    }

    /// <summary>The same of frames.</summary>
    public static void DescribeFrames(IHeaderDictionary headers, GenerationResult result, string type)
    {
        var kinds = result.Trajectory!.Kinds.Select(k => k.Kind).ToArray();
        Describe(headers, result, type);
        headers["X-Shape"] = string.Create(CultureInfo.InvariantCulture, $"{kinds.Length}, {result.Trajectory.Steps.Count}, {headers["X-Shape"]}");
        headers["X-Kinds"] = string.Join(", ", kinds);
    }
}
