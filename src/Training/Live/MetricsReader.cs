using System.Text.Json;

namespace Diffusion.Training.Live;

/// <summary>One line of a run's metrics.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Text">The line as it is in the file: a JSON object, without the end of the line.</param>
public sealed record MetricsLine(int Step, ReadOnlyMemory<byte> Text);

/// <summary>
/// Reads the metric lines of a run, also while it writes them: some at a time, as the reader asks for them, so that one
/// who never asks costs nothing. Each step comes once, also when a killed run takes steps again.
/// </summary>
/// <param name="path">The file; it need not be there yet.</param>
/// <param name="fromStep">The first step wanted.</param>
/// <param name="apart">Steps between two lines at least; lines with a validation loss come in any case.</param>
internal sealed class MetricsReader(string path, int fromStep, int apart = 1)
{
    private const int Chunk = 1 << 16;

    private readonly byte[] buffer = new byte[Chunk];
    private byte[] last = [];
    private long end;
    private int next = fromStep, wanted = fromStep;

    /// <summary>The next lines, at most as many as fit into 64 KiB; none if there are none now.</summary>
    public IReadOnlyList<MetricsLine> Read()
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (!Continues(file)) (last, end) = ([], 0);
            while (true)
            {
                file.Position = end;
                var length = file.ReadAtLeast(buffer, Chunk, throwOnEndOfStream: false);
                var whole = buffer.AsMemory(0, buffer.AsSpan(0, length).LastIndexOf((byte)'\n') + 1);
                if (whole.Length == 0) return [];
                var found = Lines(whole).ToArray();
                end += whole.Length;
                if (found.Length > 0) return found;
            }
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    // a run that goes on cuts off what it logged beyond its resume point: then the last line is not where it was
    private bool Continues(FileStream file)
    {
        if (last.Length == 0) return end == 0;
        var there = new byte[last.Length];
        file.Position = end - last.Length;
        return file.ReadAtLeast(there, there.Length, throwOnEndOfStream: false) == there.Length && there.AsSpan().SequenceEqual(last);
    }

    private IEnumerable<MetricsLine> Lines(ReadOnlyMemory<byte> text)
    {
        while (text.Length > 0)
        {
            var length = text.Span.IndexOf((byte)'\n') + 1;
            last = text[..length].ToArray();
            text = text[length..];
            var (step, isValidated) = Look(last);
            if (step < next) continue;
            next = step + 1;
            if (step < wanted && !isValidated) continue;
            wanted = Math.Max(wanted, step + apart);
            yield return new MetricsLine(step, last.AsMemory(0, length - 1));
        }
    }

    private static (int Step, bool IsValidated) Look(byte[] line)
    {
        using var document = JsonDocument.Parse(line);
        return (document.RootElement.GetProperty("step").GetInt32(), document.RootElement.TryGetProperty(Loop.MetricsLog.ValidationLoss, out _));
    }
}
