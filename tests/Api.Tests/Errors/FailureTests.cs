using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;
using Microsoft.AspNetCore.Http;

namespace Diffusion.Api.Tests.Errors;

public sealed class FailureTests
{
    [Theory]
    [InlineData(RefusalReason.Invalid, "validation", 400)]
    [InlineData(RefusalReason.UnknownModel, "unknown-model", 404)]
    [InlineData(RefusalReason.Unsupported, "sampler-not-supported-by-model", 422)]
    [InlineData(RefusalReason.Overloaded, "overloaded", 503)]
    [InlineData(RefusalReason.Draining, "draining", 503)]
    public void Of_Refusal_KeepsTheReason(RefusalReason reason, string slug, int status)
    {
        var failure = Failure.Of(new GenerationRefusedException(reason, [new FieldError("steps", "too many")]));
        Assert.Equal((slug, status), (failure.Problem.Slug, failure.Problem.Status));
        Assert.Equal("steps", Assert.Single(failure.Errors).Field);
    }

    [Theory]
    [InlineData(0.2, "1")]
    [InlineData(2.4, "3")]
    public void Of_Overload_SaysWhenToTryAgainInWholeSeconds(double seconds, string header) =>
        Assert.Equal(header, Failure.Of(new GenerationRefusedException(RefusalReason.Overloaded, [], TimeSpan.FromSeconds(seconds))).RetryAfterHeader);

    [Fact]
    public void Of_OverloadWithoutATime_StillSaysOne() =>
        Assert.Equal("1", Failure.Of(new GenerationRefusedException(RefusalReason.Overloaded, [])).RetryAfterHeader);

    [Theory]
    [InlineData("non-finite", "non-finite", 500)]
    [InlineData("engine-error", "engine-error", 500)]
    [InlineData("gpu-out-of-memory", "gpu-out-of-memory", 503)]
    [InlineData("draining", "draining", 503)]
    [InlineData("model-unavailable", "model-unavailable", 503)]
    [InlineData("something-new", "engine-error", 500)]
    public void Of_FailedGeneration_KeepsTheSlug(string problem, string slug, int status)
    {
        var failure = Failure.Of(new GenerationFailedException(problem, "why"));
        Assert.Equal((slug, status, "why"), (failure.Problem.Slug, failure.Problem.Status, failure.Detail));
    }

    [Fact]
    public void Of_BodyThatKestrelCutsOff_IsTooLarge() =>
        Assert.Equal(ProblemCatalogue.TooLarge, Failure.Of(new BadHttpRequestException("too large", 413)).Problem);

    [Fact]
    public void Of_UnexpectedException_SaysNothingOfIt()
    {
        var failure = Failure.Of(new InvalidOperationException("secret"));
        Assert.Equal(ProblemCatalogue.Internal, failure.Problem);
        Assert.DoesNotContain("secret", failure.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void ToDetails_SeveralMessagesOfOneField_AreOneEntry()
    {
        var failure = Failure.Of(RequestRefusedException.Invalid([new("n", "a"), new("n", "b"), new("seed", "c")]));
        var errors = Assert.IsType<Dictionary<string, string[]>>(failure.ToDetails("/x", "id").Extensions["errors"]);
        Assert.Equal(["a", "b"], errors["n"]);
        Assert.Equal(["c"], errors["seed"]);
    }

    [Fact]
    public void Catalogue_Slugs_AreUnique() => Assert.Equal(ProblemCatalogue.All.Count, ProblemCatalogue.All.Select(p => p.Slug).Distinct().Count());
}
