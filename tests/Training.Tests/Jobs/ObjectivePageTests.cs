using Diffusion.Testing;
using Diffusion.Training.Jobs;

namespace Diffusion.Training.Tests.Jobs;

public sealed class ObjectivePageTests
{
    private static readonly string[] Rows = [.. File.ReadLines(Repository.Path("docs", "objectives.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal) && !l.StartsWith("| `kind` |", StringComparison.Ordinal))];

    public static TheoryData<string> Kinds => [.. TrainingJobReader.ObjectiveKinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Page_EveryKind_HasARowInBothTables(string kind)
    {
        Assert.Contains(Rows, r => r.StartsWith($"| `{kind}`", StringComparison.Ordinal) && r.Split('|').Length == 8);
        Assert.Contains(Rows, r => r.StartsWith($"| `{kind}`", StringComparison.Ordinal) && r.Split('|').Length == 9);
        Assert.Contains($"`{kind}`", File.ReadAllText(Repository.Path("docs", "training.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Page_NamesFilesAndTestsThatAreThere()
    {
        foreach (var row in Rows.Where(r => r.Split('|').Length == 8))
        {
            var cells = row.Split('|');
            var files = Names(cells[4]);
            Assert.NotEmpty(files);
            Assert.All(files, f => Assert.True(File.Exists(Repository.Path("src", "Training", "Objectives", $"{f}.cs")), f));
            var tests = Names(cells[5]).Where(n => n.EndsWith("Tests", StringComparison.Ordinal)).ToArray();
            Assert.NotEmpty(tests);
            Assert.All(tests, t => Assert.Single(Directory.EnumerateFiles(Repository.Path("tests"), $"{t}.cs", SearchOption.AllDirectories)));
        }
    }

    private static string[] Names(string cell) => [.. cell.Split('`').Where((_, i) => i % 2 == 1)];
}
