using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace Diffusion.Inference.Jobs;

/// <summary>Where a picture begins. Complete in itself, so that a stored request can be run again without what it was made from.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "from")]
[JsonDerivedType(typeof(SeedStart), "seed")]
[JsonDerivedType(typeof(ImageStart), "image")]
[JsonDerivedType(typeof(LatentStart), "latent")]
public abstract record PictureStart;

/// <summary>At the noise that picture <paramref name="Picture"/> of a request with that seed begins with.</summary>
public sealed record SeedStart(ulong Seed, int Picture = 0) : PictureStart;

/// <summary>At a clean image, which is run upwards to its x_T first.</summary>
/// <param name="Pixels">[H, W, C] uint8 of the model's shape.</param>
public sealed record ImageStart(byte[] Pixels) : PictureStart;

/// <summary>At an x_T that an inversion found.</summary>
/// <param name="Bytes">[C, H, W] float32, little-endian.</param>
/// <param name="Time">The t in 1..T at which it stands.</param>
/// <param name="Model">The model it was found with, <c>name@version</c>: another one does not decode it.</param>
public sealed record LatentStart(byte[] Bytes, int Time, string Model) : PictureStart
{
    /// <summary>The same from values.</summary>
    public static LatentStart Of(ReadOnlySpan<float> values, int time, string model) => new(MemoryMarshal.AsBytes(values).ToArray(), time, model);

    /// <summary>[C, H, W].</summary>
    [JsonIgnore]
    public ReadOnlySpan<float> Values => MemoryMarshal.Cast<byte, float>(Bytes);
}
