using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Diffusion.Bench.Peers;

/// <summary>
/// The product as a process that is told what to time, a line in and a line out, as peer.py is. Each part is made when it is
/// first asked for, so that a process that does one thing has started and holds no more than that needs.
/// </summary>
/// <param name="models">Folder of the models.</param>
/// <param name="threads">Of libtorch; 0 for what the product takes by itself.</param>
internal sealed class Worker(string models, int threads) : IDisposable
{
    private ForwardPass? forward;
    private SamplingService? sampling;
    private TrainingSteps? training;

    private ForwardPass Forward => forward ??= new ForwardPass(models, threads);

    private SamplingService Sampling => sampling ??= new SamplingService(models, threads);

    public void Serve(TextReader commands, TextWriter answers)
    {
        while (commands.ReadLine() is { } line)
        {
            answers.WriteLine(Answer(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
            answers.Flush();
        }
    }

    public void Dispose()
    {
        forward?.Dispose();
        sampling?.Dispose();
        training?.Dispose();
    }

    private string Answer(string[] words) => words switch
    {
        ["machine"] => $"Diffusion, .NET {Environment.Version}, {Forward.Threads} threads",
        ["forward", var batch, var times] => Timed(Number(times), () => Forward.Run(Number(batch))),
        ["output", var batch] => Encode(Forward.Output(Number(batch))),
        ["ddim" or "dddm", var steps, var times] => Timed(Number(times), () => Sampling.Picture(words[0], Number(steps))),
        ["start", var kind] => string.Join(' ', SamplingService.Start(kind).Select(Encode)),
        ["picture", var kind, var steps] => Encode(Sampling.Picture(kind, Number(steps))),
        ["train", var batch, var times] => TrainSteps(Number(batch), Number(times)),
        ["memory"] => Peak(),
        _ => throw new ArgumentException($"Unknown command {string.Join(' ', words)}."),
    };

    private string TrainSteps(int batch, int times)
    {
        training ??= new TrainingSteps(models, batch, threads);
        return Timed(1, () => training.Run(times), times);
    }

    /// <summary>Milliseconds by the clock and of the processor, of one of them.</summary>
    private static string Timed(int times, Action work, int each = 1)
    {
        var (clock, processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        for (var k = 0; k < times; k++) work();
        var (elapsed, used) = (Stopwatch.GetElapsedTime(clock), Environment.CpuUsage.TotalTime - processor);
        return string.Create(CultureInfo.InvariantCulture, $"{elapsed.TotalMilliseconds / times / each:0.0000} {used.TotalMilliseconds / times / each:0.0000}");
    }

    /// <summary>The most memory that the process ever had, in KiB.</summary>
    private static string Peak() => File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Encode(float[] values) => Convert.ToBase64String(MemoryMarshal.AsBytes(values.AsSpan()));
}
