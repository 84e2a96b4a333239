using Diffusion.Inference.Models;
using Diffusion.Samplers;

namespace Diffusion.Api.Contracts;

/// <summary>A sampler that can be asked for.</summary>
/// <param name="Name">The value of the field <c>sampler</c>.</param>
/// <param name="Summary">What it does and when to use it.</param>
/// <param name="Reference">Paper and equation.</param>
/// <param name="Options">Its own fields.</param>
/// <param name="Models">The served models it can sample from.</param>
internal sealed record SamplerResponse(
    string Name, string Summary, string Reference, IReadOnlyList<SamplerOptionResponse> Options, IReadOnlyList<string> Models)
{
    /// <summary>The public view of a sampler of the catalogue.</summary>
    public static SamplerResponse Of(ISampler sampler, IReadOnlyList<ModelDescription> models) => new(
        sampler.Name, sampler.Summary, sampler.Reference,
        [.. sampler.Options.Select(SamplerOptionResponse.Of)],
        [.. models.Where(m => m.Samplers.Contains(sampler.Name)).Select(m => m.Name)]);
}

/// <summary>A field that a sampler adds to a request.</summary>
/// <param name="Name">Field name.</param>
/// <param name="Kind"><c>number</c> or <c>choice</c>.</param>
/// <param name="Default">The value when it is not given, as text.</param>
/// <param name="Description">What it does.</param>
/// <param name="Minimum">Smallest allowed number.</param>
/// <param name="Maximum">Largest allowed number.</param>
/// <param name="Choices">The allowed words.</param>
internal sealed record SamplerOptionResponse(
    string Name, string Kind, string Default, string Description, double? Minimum, double? Maximum, IReadOnlyList<string>? Choices)
{
    /// <summary>The public view of an option.</summary>
    public static SamplerOptionResponse Of(SamplerOption option) => option.Choices is { } choices
        ? new(option.Name, "choice", option.Default, option.Description, null, null, choices)
        : new(option.Name, "number", option.Default, option.Description, option.Minimum, option.Maximum, null);
}
