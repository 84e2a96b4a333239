namespace Diffusion.Api.Uploads;

/// <summary>A file that came with a request.</summary>
/// <param name="Field">The field it stands in, as messages name it.</param>
/// <param name="Bytes">The whole file.</param>
internal sealed record Upload(string Field, ReadOnlyMemory<byte> Bytes);
