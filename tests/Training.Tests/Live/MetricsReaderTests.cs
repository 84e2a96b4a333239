using System.Text;
using Diffusion.Testing;
using Diffusion.Training.Live;
using Diffusion.Training.Loop;

namespace Diffusion.Training.Tests.Live;

public sealed class MetricsReaderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Path => folder["metrics.ndjson"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Read_WhileLinesAreWritten_GivesEachWholeLineOnce()
    {
        var reader = new MetricsReader(Path, fromStep: 2);
        Assert.Empty(reader.Read());
        Write(Line(1) + Line(2) + Line(3) + "{\"step\":4,\"lo");
        Assert.Equal([2, 3], Steps(reader));
        Assert.Empty(reader.Read());
        File.AppendAllText(Path, "ss\":0.5}\n" + Line(5));
        Assert.Equal([4, 5], Steps(reader));
        Assert.Empty(reader.Read());
    }

    [Fact]
    public void Read_OfALine_IsTheLineItself()
    {
        Write(Line(7));
        var line = Assert.Single(new MetricsReader(Path, 0).Read());
        Assert.Equal((7, Line(7)), (line.Step, Encoding.UTF8.GetString(line.Text.Span) + "\n"));
    }

    [Fact]
    public void Read_MoreThanFits_ComesInPartsThatAreBounded()
    {
        Write(string.Concat(Enumerable.Range(1, 9000).Select(Line)));
        var reader = new MetricsReader(Path, 0);
        var (steps, largest) = (new List<int>(), 0);
        while (reader.Read() is { Count: > 0 } lines)
        {
            steps.AddRange(lines.Select(l => l.Step));
            largest = Math.Max(largest, lines.Sum(l => l.Text.Length + 1));
        }
        Assert.Equal(Enumerable.Range(1, 9000), steps);
        Assert.InRange(largest, 1, 1 << 16);
    }

    [Theory]
    [InlineData(3, 9)]
    [InlineData(5, 6)]
    [InlineData(2, 40)]
    public void Read_OfARunThatWasKilledAndTakesStepsAgain_GivesEachStepOnce(int cutAt, int goesOnTo)
    {
        var reader = new MetricsReader(Path, 0);
        Write(string.Concat(Enumerable.Range(1, 5).Select(Line)));
        Assert.Equal([1, 2, 3, 4, 5], Steps(reader));
        using (var log = new MetricsLog(Path))
        {
            log.ResumeAt(cutAt);
            // the speed is another one than before, so the lines have other lengths
            for (var step = cutAt + 1; step <= goesOnTo; step++) log.Add(new TrainingProgress(step, 100, step * 4, 0.25, 0.001, 1, 12345.6 + step, TimeSpan.FromSeconds(9), new Dictionary<string, double>()));
        }
        Assert.Equal(Enumerable.Range(6, Math.Max(0, goesOnTo - 5)), Steps(reader));
    }

    [Fact]
    public void Read_Apart_SkipsButNotTheValidated()
    {
        Write(string.Concat(Enumerable.Range(1, 20).Select(step => step == 7 ? $"{{\"step\":7,\"{MetricsLog.ValidationLoss}\":0.5}}\n" : Line(step))));
        Assert.Equal([3, 7, 12, 17], Steps(new MetricsReader(Path, 3, apart: 5)));
    }

    private static int[] Steps(MetricsReader reader) => [.. reader.Read().Select(l => l.Step)];

    private static string Line(int step) => $"{{\"step\":{step},\"loss\":0.5}}\n";

    private void Write(string text) => File.WriteAllText(Path, text);
}
