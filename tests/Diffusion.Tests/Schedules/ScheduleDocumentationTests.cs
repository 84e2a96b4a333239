using System.Globalization;
using System.Text.RegularExpressions;
using Diffusion.Schedules;
using Diffusion.Testing;

namespace Diffusion.Tests.Schedules;

/// <summary>docs/training.md has every schedule of the catalogue, with what it leaves of an image at the end.</summary>
public sealed partial class ScheduleDocumentationTests
{
    [Fact]
    public void Rows_AreThoseOfTheCatalogueWithTheirLastSignal()
    {
        var rows = File.ReadAllLines(Repository.Path("docs", "training.md"))
            .SkipWhile(l => !l.StartsWith("| name | beta_t", StringComparison.Ordinal)).Skip(2).TakeWhile(l => l.StartsWith('|')).Select(l => l.Split('|', StringSplitOptions.TrimEntries)[1..^1]);
        var told = rows.SelectMany(r => Name().Matches(r[0]).Zip(Number().Matches(r[2]), (n, v) => (Name: n.Groups[1].Value, v.Value))).ToDictionary(p => p.Name, p => p.Value);
        Assert.Equal(ScheduleCatalogue.Names, told.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, value) in told)
            Near.Relative(ScheduleCatalogue.Create(name, 1000).AlphaBar(1000), double.Parse(value, CultureInfo.InvariantCulture), 0.05, name);
    }

    [GeneratedRegex("`([a-z0-9-]+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"\d[\d.]*(e-\d+)?")]
    private static partial Regex Number();
}
