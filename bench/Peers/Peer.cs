using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Diffusion.Bench.Peers;

/// <summary>What a piece of work took.</summary>
/// <param name="Clock">Milliseconds by the clock.</param>
/// <param name="Processor">Milliseconds of the processor, all threads.</param>
internal readonly record struct Took(double Clock, double Processor);

/// <summary>One process of a comparison, which does what it is told and nothing in between.</summary>
internal sealed class Peer : IDisposable
{
    private readonly Process process;

    private Peer(string name, ProcessStartInfo start)
    {
        Name = name;
        start.RedirectStandardInput = start.RedirectStandardOutput = true;
        process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
    }

    public string Name { get; }

    /// <param name="name">In the tables.</param>
    /// <param name="settings">Where the models are.</param>
    /// <param name="threads">0 for what the product takes by itself.</param>
    public static Peer Product(string name, Settings settings, int threads)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(Peer).Assembly.Location);
        foreach (var word in (string[])["worker", settings.Models, threads.ToString(CultureInfo.InvariantCulture)]) start.ArgumentList.Add(word);
        return new Peer(name, start);
    }

    /// <param name="name">In the tables.</param>
    /// <param name="style">usual or tuned.</param>
    /// <param name="settings">Where the models are.</param>
    /// <param name="environment">What the process has besides.</param>
    /// <param name="threads">Of everything; null for what the style takes by itself.</param>
    public static Peer PyTorch(string name, string style, Settings settings, IEnumerable<(string Name, string Value)> environment, int? threads)
    {
        var start = new ProcessStartInfo(settings.Python);
        foreach (var (variable, value) in environment) start.Environment[variable] = value;
        foreach (var word in (string[])[Path.Combine(AppContext.BaseDirectory, "peer.py"), style, settings.Models]) start.ArgumentList.Add(word);
        if (threads is { } count)
        {
            var number = count.ToString(CultureInfo.InvariantCulture);
            start.ArgumentList.Add(number);
            start.Environment["OMP_NUM_THREADS"] = start.Environment["OPENBLAS_NUM_THREADS"] = number;
        }
        return new Peer(name, start);
    }

    public string Ask(string command)
    {
        process.StandardInput.WriteLine(command);
        process.StandardInput.Flush();
        return process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{Name} died of '{command[..Math.Min(60, command.Length)]}'.");
    }

    public Took Time(string command)
    {
        var cells = Ask(command).Split(' ');
        return new Took(double.Parse(cells[0], CultureInfo.InvariantCulture), double.Parse(cells[1], CultureInfo.InvariantCulture));
    }

    public float[] Values(string command) => MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(Ask(command))).ToArray();

    public void Dispose()
    {
        process.StandardInput.Close();
        if (!process.WaitForExit(20_000)) process.Kill();
        process.Dispose();
    }
}
