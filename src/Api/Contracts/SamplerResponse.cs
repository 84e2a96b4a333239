using Diffusion.Inference.Models;
using Diffusion.Samplers;

namespace Diffusion.Api.Contracts;

/// <summary>A sampler that can be asked for.</summary>
/// <param name="Name">The value of the field <c>sampler</c>.</param>
/// <param name="Summary">What it does.</param>
/// <param name="UseWhen">In which case to take it.</param>
/// <param name="Paper">Authors, year and short name of the paper.</param>
/// <param name="Equations">Which equations or algorithm of it.</param>
/// <param name="Reference">Both in one line.</param>
/// <param name="Steps">The allowed values of the field <c>steps</c>; a model's own T bounds them too.</param>
/// <param name="Options">Its own fields.</param>
/// <param name="Models">The served models it can sample from.</param>
/// <param name="Fits">Every served model, and why it cannot where it cannot.</param>
internal sealed record SamplerResponse(
    string Name, string Summary, string UseWhen, string Paper, string Equations, string Reference, StepRange Steps, IReadOnlyList<SamplerOptionResponse> Options,
    IReadOnlyList<string> Models, IReadOnlyList<SamplerFit> Fits)
{
    /// <summary>The public view of a sampler of the catalogue.</summary>
    /// <param name="sampler">The sampler.</param>
    /// <param name="models">What is served.</param>
    /// <param name="maximumSteps">The most steps that a request may have.</param>
    public static SamplerResponse Of(ISampler sampler, IReadOnlyList<ModelDescription> models, int maximumSteps) => new(
        sampler.Name, sampler.Summary, sampler.UseWhen, sampler.Paper, sampler.Equations, sampler.Reference, new StepRange(1, maximumSteps),
        [.. sampler.Options.Select(SamplerOptionResponse.Of)],
        [.. models.Where(m => m.Samplers.Contains(sampler.Name)).Select(m => m.Name)],
        [.. models.Select(m => SamplerFit.Of(sampler, m, maximumSteps))]);
}

/// <summary>Allowed step counts.</summary>
/// <param name="Minimum">Fewest steps.</param>
/// <param name="Maximum">Most steps.</param>
internal sealed record StepRange(int Minimum, int Maximum);

/// <summary>Whether a sampler and a served model go together.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">The version that is meant: the one a request without a version gets.</param>
/// <param name="Fits">Whether it can be asked for.</param>
/// <param name="Steps">The allowed values of <c>steps</c> with this model, where it fits.</param>
/// <param name="Reason">Why it does not fit.</param>
internal sealed record SamplerFit(string Model, int Version, bool Fits, StepRange? Steps, string? Reason)
{
    /// <summary>Asks the sampler.</summary>
    public static SamplerFit Of(ISampler sampler, ModelDescription model, int maximumSteps)
    {
        var traits = model.Manifest.Traits;
        var reason = model.Manifest.IsClassifier ? "A classifier makes no pictures; it guides others." : sampler.Refuses(traits);
        return new(model.Name, model.Version, reason is null, reason is null ? new StepRange(1, Math.Min(maximumSteps, traits.Schedule.Steps)) : null, reason);
    }
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
