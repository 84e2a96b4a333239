using System.Globalization;
using Diffusion.Imaging;
using Diffusion.Training.Loop;

namespace Diffusion.Training.Live;

/// <summary>A grid of samples at fixed seeds that a run has made.</summary>
/// <param name="Step">Steps done by then.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Bytes">Length of the PNG file.</param>
public sealed record SampleGrid(int Step, DateTimeOffset At, long Bytes);

/// <summary>The grids of samples of one run, and what they show side by side.</summary>
internal sealed class SampleGrids(RunFiles run, TimeProvider time)
{
    private const long MostPixels = 1L << 27;

    // a change so soon after another may have the same time
    private static readonly TimeSpan Grain = TimeSpan.FromSeconds(1);

    private DateTime looked;
    private bool isSettled;

    /// <summary>All of them, by step.</summary>
    public IReadOnlyList<SampleGrid> All()
    {
        var folder = new DirectoryInfo(run.Samples);
        if (!folder.Exists) return [];
        (looked, isSettled) = (folder.LastWriteTimeUtc, time.GetUtcNow().UtcDateTime - folder.LastWriteTimeUtc > Grain);
        return [.. folder.EnumerateFiles("*.png").Where(f => StepOf(f) is not null).Select(f => new SampleGrid(StepOf(f)!.Value, new DateTimeOffset(f.LastWriteTimeUtc, TimeSpan.Zero), f.Length)).OrderBy(g => g.Step)];
    }

    /// <summary>Whether there may be others than <see cref="All"/> found.</summary>
    public bool MayHaveChanged() => !isSettled || Directory.GetLastWriteTimeUtc(run.Samples) != looked;

    /// <summary>The PNG file of a step, or null.</summary>
    public byte[]? Read(int step)
    {
        try
        {
            return File.ReadAllBytes(run.SampleOf(step));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>How the same seeds look as training goes on: a row for each seed, a column for each of some grids, evenly chosen.</summary>
    /// <param name="size">Width and height of a sample.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="columns">Grids at most; the first and the last are always among them.</param>
    /// <param name="rows">Seeds.</param>
    /// <returns>A PNG file, or null if there are no grids.</returns>
    public byte[]? Strip(int size, int channels, int columns, int rows)
    {
        var steps = Evenly(All(), columns).Select(g => g.Step).ToArray();
        var cells = steps.Select(Read).OfType<byte[]>().Select(file => ImageGrid.Cells(PictureReader.Read(file, channels, MostPixels), size, size, rows)).ToArray();
        return cells.Length == 0 ? null
            : ImageEncoder.Encode(ImageGrid.Arrange([.. Enumerable.Range(0, cells.Min(c => c.Count)).SelectMany(row => cells.Select(c => c[row]))], columns: cells.Length), "png");
    }

    /// <summary>Some of many, at even distances, with both ends.</summary>
    internal static IReadOnlyList<T> Evenly<T>(IReadOnlyList<T> all, int most) =>
        all.Count <= most ? all : most == 1 ? [all[^1]] : [.. Enumerable.Range(0, most).Select(i => all[(int)Math.Round((double)i * (all.Count - 1) / (most - 1))])];

    private static int? StepOf(FileInfo file) =>
        int.TryParse(Path.GetFileNameWithoutExtension(file.Name), NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;
}
