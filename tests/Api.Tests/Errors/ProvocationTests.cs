using Diffusion.Api.Errors;

namespace Diffusion.Api.Tests.Errors;

[Collection(SharedService.Name)]
public sealed class ProvocationTests(Service service)
{
    public static TheoryData<string> Slugs => [.. ProblemCatalogue.All.Select(p => p.Slug)];

    [Theory]
    [MemberData(nameof(Slugs))]
    public async Task Problem_OfTheCatalogue_IsWhatACallerGets(string slug)
    {
        Assert.True(Provocations.Of.TryGetValue(slug, out var provoke), $"No test provokes '{slug}': add it to {nameof(Provocations)}, or take it out of the catalogue if nothing answers it.");
        var problem = await provoke(service);
        var expected = ProblemCatalogue.Find(slug)!;
        Assert.Equal((expected.Type, expected.Status, expected.Title), (problem.Type, problem.Status, problem.Title));
        Assert.False(string.IsNullOrEmpty(problem.Detail));
        Assert.DoesNotContain("   at ", problem.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Provocations_OfNothing_AreNone() => Assert.Empty(Provocations.Of.Keys.Except(ProblemCatalogue.All.Select(p => p.Slug)));
}
