using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Errors;

/// <summary>A request that ends at the edge, before the engine is asked.</summary>
internal sealed class RequestRefusedException(Problem problem, string detail, IReadOnlyList<FieldError>? errors = null) : Exception(detail)
{
    /// <summary>What kind of failure it is.</summary>
    public Problem Problem { get; } = problem;

    /// <summary>Every wrong field, where fields are at fault.</summary>
    public IReadOnlyList<FieldError> Errors { get; } = errors ?? [];

    /// <summary>Further members of the problem, by name.</summary>
    public IReadOnlyDictionary<string, object> Members { get; init; } = new Dictionary<string, object>();

    /// <summary>The refusal that names wrong fields.</summary>
    public static RequestRefusedException Invalid(IReadOnlyList<FieldError> errors) =>
        new(ProblemCatalogue.Validation, string.Join(" ", errors.Select(e => e.Message)), errors);
}
