using Diffusion.Api.Uploads;

namespace Diffusion.Api.Contracts;

/// <summary>Where a picture shall begin, as a request says it.</summary>
/// <param name="Name">The field, for messages.</param>
internal abstract record StartField(string Name);

/// <summary>At the noise of a seed.</summary>
internal sealed record SeedField(string Name, ulong Seed) : StartField(Name);

/// <summary>At an uploaded image.</summary>
internal sealed record UploadField(Upload File) : StartField(File.Field);

/// <summary>At the x_T of a picture of an earlier generation.</summary>
internal sealed record GenerationField(string Name, string Id, int Index) : StartField(Name);
