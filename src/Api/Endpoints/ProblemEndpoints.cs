using Diffusion.Api.Errors;

namespace Diffusion.Api.Endpoints;

/// <summary>Every problem type answers what it means: <c>/problems/{slug}</c>.</summary>
internal static class ProblemEndpoints
{
    public static void MapProblems(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/problems").WithTags("Problems").AllowAnonymous();
        group.MapGet("", List).WithName("ListProblems").WithSummary("All kinds of failure.").Produces<string>(200, "text/plain");
        group.MapGet("{slug}", Explain).WithName("ExplainProblem").WithSummary("What a kind of failure means and what to do.").Produces<string>(200, "text/plain");
    }

    private static string List() => string.Join('\n', ProblemCatalogue.All.Select(p => $"{p.Status} {p.Type} {p.Title}")) + "\n";

    private static string Explain(string slug)
    {
        var problem = ProblemCatalogue.Find(slug) ?? throw new RequestRefusedException(ProblemCatalogue.NotFound, $"There is no problem '{slug}'; GET /problems lists them.");
        return $"{problem.Title} (HTTP {problem.Status})\n\n{problem.Explanation}\n";
    }
}
