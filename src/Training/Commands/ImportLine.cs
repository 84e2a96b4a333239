using System.Globalization;
using Diffusion.Training.Data;

namespace Diffusion.Training.Commands;

/// <summary>Progress of an import: a count that stays in place on a terminal, now and then a line elsewhere.</summary>
internal sealed class ImportLine(TextWriter output, bool terminal, TimeProvider time)
{
    private static readonly TimeSpan OnTerminal = TimeSpan.FromSeconds(0.1), Elsewhere = TimeSpan.FromSeconds(10);
    private readonly long start = time.GetTimestamp();
    private long last = time.GetTimestamp();
    private bool open;

    public void Show(ImportProgress progress)
    {
        if (time.GetElapsedTime(last) < (terminal ? OnTerminal : Elsewhere)) return;
        last = time.GetTimestamp();
        var share = progress.Total is { } total and > 0 ? string.Create(CultureInfo.InvariantCulture, $"{(double)progress.Done / total,6:P0} of {total}") : "";
        var rate = progress.Done / time.GetElapsedTime(start).TotalSeconds;
        output.Write(string.Create(CultureInfo.InvariantCulture, $"{(terminal ? "\r" : "")}{progress.Done} images {share}  {rate:F0}/s{(terminal ? "\u001b[K" : Environment.NewLine)}"));
        output.Flush();
        open = terminal;
    }

    /// <summary>The next text begins on a line of its own.</summary>
    public void End()
    {
        if (open) output.WriteLine();
    }
}
