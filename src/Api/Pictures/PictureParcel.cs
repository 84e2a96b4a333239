using System.Globalization;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Pictures;

/// <summary>A finished generation in the format asked for: one body, ready to be sent.</summary>
internal static class PictureParcel
{
    /// <summary>The body.</summary>
    public static byte[] Pack(GenerationFacts generation, GenerationResult result, PictureFormat format, int scale) =>
        format.Pack(new PictureSet(generation, result, scale));

    /// <summary>The name that a browser saves it under.</summary>
    public static string FileName(GenerationFacts generation, PictureFormat format) =>
        string.Create(CultureInfo.InvariantCulture, $"{generation.Model}-{generation.Sampler}-{generation.Seed}.{format.Extension}");

    /// <summary>Model and version as the field <c>model</c> takes them.</summary>
    public static string NameOf(GenerationFacts generation) => string.Create(CultureInfo.InvariantCulture, $"{generation.Model}@{generation.Version}");
}
