using System.Globalization;

namespace Diffusion.Kernels;

/// <summary>What one operator of libtorch, or of ours, took.</summary>
/// <param name="Name">Its name, such as <c>aten::mkldnn_convolution</c>.</param>
/// <param name="Calls">How often it was called.</param>
/// <param name="Milliseconds">By the clock, without the operators that it called itself.</param>
public sealed record OperatorTime(string Name, long Calls, double Milliseconds);

/// <summary>Where the time of a piece of work goes, by operator.</summary>
public static class OperatorProfile
{
    /// <summary>Whether this build can tell: it needs the library of kernels.</summary>
    public static bool Available => NativeKernels.Loaded;

    /// <summary>Runs <paramref name="work"/> on this thread and counts what it calls, the longest first. A GPU's work is counted by its launches.</summary>
    /// <exception cref="InvalidOperationException">Not <see cref="Available"/>, or inside another profile of this thread.</exception>
    public static IReadOnlyList<OperatorTime> Of(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (!Available) throw new InvalidOperationException("This build has no library of kernels, which does the counting; build with Torch=system or -p:LibTorch=FOLDER.");
        return [.. NativeKernels.Profile(work).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Read).OrderByDescending(o => o.Milliseconds)];
    }

    private static OperatorTime Read(string line)
    {
        var cells = line.Split('\t');
        return new OperatorTime(cells[2], long.Parse(cells[0], CultureInfo.InvariantCulture), long.Parse(cells[1], CultureInfo.InvariantCulture) / 1e6);
    }
}
