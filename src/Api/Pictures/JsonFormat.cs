using System.Text.Json;
using System.Text.Json.Serialization;
using Diffusion.Api.Contracts;
using Diffusion.Imaging;

namespace Diffusion.Api.Pictures;

/// <summary>Each picture as base64 PNG, with all that is needed to make it again.</summary>
internal sealed class JsonFormat() : PictureFormat("json", "application/json")
{
    /// <summary>For people to read too.</summary>
    public static JsonSerializerOptions Indented { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public override byte[] Pack(PictureSet pictures) => JsonSerializer.SerializeToUtf8Bytes(
        pictures.Describe(i => new GeneratedImage(i, pictures.Result.Labels[i], ImageEncoder.Encode(pictures.Pictures[i], "png"))), Indented);
}
