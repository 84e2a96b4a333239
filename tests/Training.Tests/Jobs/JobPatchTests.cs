using System.Text.Json.Nodes;
using Diffusion.Training.Jobs;

namespace Diffusion.Training.Tests.Jobs;

public sealed class JobPatchTests
{
    /// <summary>The cases of RFC 7396, appendix A.</summary>
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""["a","b"]""", """["c","d"]""", """["c","d"]""")]
    [InlineData("""{"a":"b"}""", """["c"]""", """["c"]""")]
    [InlineData("""{"a":"foo"}""", "null", null)]
    [InlineData("""{"a":"foo"}""", "\"bar\"", "\"bar\"")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("[1,2]", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void Merge_CasesOfTheStandard_GiveItsResults(string target, string patch, string? result) =>
        Assert.Equal(result, JobPatch.Merge(JsonNode.Parse(target), JsonNode.Parse(patch))?.ToJsonString());

    [Fact]
    public void Apply_CommentsAndNumbers_KeepsTheNumbersAsTheyWereWritten()
    {
        var changed = JobPatch.Apply("""{ "name": "a", /* why */ "optimizer": { "learningRate": 1e-3 }, }""", null, "a-2");
        Assert.Equal("""{"name":"a-2","optimizer":{"learningRate":1e-3}}""", new string([.. changed.Where(c => !char.IsWhiteSpace(c))]));
    }
}
