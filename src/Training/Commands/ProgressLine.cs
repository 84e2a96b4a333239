using System.Globalization;
using Diffusion.Training.Loop;

namespace Diffusion.Training.Commands;

/// <summary>Progress for people: a bar that stays in place on a terminal, now and then a line elsewhere.</summary>
internal sealed class ProgressLine(TextWriter output, bool terminal, TimeProvider time)
{
    private const int BarWidth = 24;
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    private long? last;

    public void Show(TrainingProgress progress)
    {
        var done = (double)progress.Step / progress.Steps;
        var text = string.Create(CultureInfo.InvariantCulture,
            $"{done,6:P1} step {progress.Step}/{progress.Steps}  loss {progress.Loss:F5}  lr {progress.LearningRate:E1}  |g| {progress.GradientNorm:F3}  {progress.ImagesPerSecond:F0} images/s  {Clock(progress.Remaining)} left");
        var figures = string.Concat(progress.Figures.Select(f => string.Create(CultureInfo.InvariantCulture, $"  {f.Key} {f.Value:F3}")));
        if (terminal)
        {
            var filled = (int)(done * BarWidth);
            output.Write($"\r[{new string('#', filled)}{new string('.', BarWidth - filled)}] {text}{figures}\u001b[K");
            if (progress.Step == progress.Steps) output.WriteLine();
        }
        else if (last is not { } before || time.GetElapsedTime(before) >= BetweenLines || progress.Step == progress.Steps)
        {
            last = time.GetTimestamp();
            output.WriteLine(text + figures);
        }
        output.Flush();
    }

    private static string Clock(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours}:{span.Minutes:D2}:{span.Seconds:D2}");
}
