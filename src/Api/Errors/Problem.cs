namespace Diffusion.Api.Errors;

/// <summary>A kind of failure that callers can rely on: the slug never changes its meaning.</summary>
/// <param name="Slug">Last segment of the problem's <c>type</c>.</param>
/// <param name="Status">HTTP status code.</param>
/// <param name="Title">The same words for every occurrence.</param>
/// <param name="Explanation">A few sentences: what happened and what to do.</param>
internal sealed record Problem(string Slug, int Status, string Title, string Explanation)
{
    /// <summary>The <c>type</c> member of RFC 9457; it answers GET with the explanation.</summary>
    public string Type => "/problems/" + Slug;
}
