namespace Diffusion.Inference.Jobs;

/// <summary>An accepted generation that ended in an error of its own.</summary>
/// <param name="problem">
/// A stable slug: <c>non-finite</c>, <c>engine-error</c>, <c>gpu-out-of-memory</c>, <c>model-unavailable</c>,
/// <c>model-loading</c>, <c>deadline-exceeded</c>, <c>draining</c>.
/// </param>
/// <param name="detail">For people; never a stack trace.</param>
public sealed class GenerationFailedException(string problem, string detail) : Exception(detail)
{
    /// <summary>A stable slug.</summary>
    public string Problem { get; } = problem;

    /// <summary>For people.</summary>
    public string Detail { get; } = detail;
}
