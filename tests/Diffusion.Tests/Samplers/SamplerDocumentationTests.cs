using System.Text.RegularExpressions;
using Diffusion.Samplers;
using Diffusion.Testing;

namespace Diffusion.Tests.Samplers;

/// <summary>docs/samplers.md has one row for each sampler of the catalogue, in its words.</summary>
public sealed partial class SamplerDocumentationTests
{
    private static readonly string[] Text = File.ReadAllLines(Repository.Path("docs", "samplers.md"));

    private static readonly string[][] Rows =
        [.. Text.SkipWhile(l => !l.StartsWith("| sampler |", StringComparison.Ordinal)).Skip(2).TakeWhile(l => l.StartsWith('|')).Select(l => l.Split('|', StringSplitOptions.TrimEntries)[1..^1])];

    [Fact]
    public void Rows_AreThoseOfTheCatalogueInItsWords() => Assert.Equal(
        SamplerCatalog.All.Select(s => ($"`{s.Name}`", s.Paper, s.Equations, $"`{s.GetType().Name}.cs`", s.UseWhen)),
        Rows.Select(r => (r[0], r[1], r[2], r[3], r[5])));

    [Fact]
    public void Rows_NameFilesAndTestsThatAreThere()
    {
        foreach (var row in Rows)
        {
            Assert.True(File.Exists(Repository.Path("src", "Diffusion", "Samplers", row[3].Trim('`'))), row[3]);
            var tests = Quoted().Matches(row[4]).Select(m => m.Groups[1].Value).ToArray();
            Assert.NotEmpty(tests);
            foreach (var test in tests)
            {
                var (type, method) = test.Split('.') is [var t, var m] ? (t, m) : (test, null);
                var found = typeof(SamplerDocumentationTests).Assembly.GetType($"{typeof(SamplerDocumentationTests).Namespace}.{type}");
                Assert.True(found is not null && (method is null || found.GetMethod(method) is not null), test);
            }
        }
    }

    [Fact]
    public void Commands_MeasureEverySampler()
    {
        var measured = Text.Where(l => l.StartsWith("./run evaluate ", StringComparison.Ordinal)).Select(l => Named().Match(l).Groups[1].Value);
        Assert.Equal(SamplerCatalog.All.Select(s => s.Name), measured);
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex("--sampler ([a-z0-9-]+)")]
    private static partial Regex Named();
}
