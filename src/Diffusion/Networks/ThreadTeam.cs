using System.Globalization;
using System.Runtime.InteropServices;
using Diffusion.Kernels;
using TorchSharp;

namespace Diffusion.Networks;

/// <summary>The threads that an operator of libtorch is spread over on the CPU: how many, and how they wait for one another.</summary>
public static partial class ThreadTeam
{
    /// <summary>
    /// How often a thread of the team looks for work before it sleeps: some microseconds, which spans the gap between two operators and gives the
    /// core to whoever else wants it soon after. libgomp's own default is milliseconds, in which a team loses to one thread beside another busy program.
    /// </summary>
    public const int SpinCount = 1000;

    // images x pixels x width^2: some 12 ms of a core, of which an operator of a U-Net has a fiftieth; measured in bench/RESULTS.md
    private const double LeastWork = 2 << 20;

    /// <summary>Threads of an operator where nothing else is asked for: <c>OMP_NUM_THREADS</c>, or the processors that this process may use.</summary>
    public static int Size =>
        int.TryParse(Environment.GetEnvironmentVariable("OMP_NUM_THREADS"), NumberStyles.None, CultureInfo.InvariantCulture, out var asked) && asked > 0
            ? asked
            : Environment.ProcessorCount;

    /// <summary>Makes the calling thread's operators use a team; every thread that evaluates calls it once, and first.</summary>
    /// <param name="threads">As a setting has it: 0 is <see cref="Size"/>.</param>
    /// <returns>How many they are.</returns>
    public static int Enter(int threads)
    {
        var count = threads > 0 ? threads : Size;
        torch.set_num_threads(count);
        return count;
    }

    /// <summary>Takes as many of its team as a pass has work for, see <see cref="For"/>; without the library of kernels all of them.</summary>
    internal static void Use(int most, UNetConfig network, int rows)
    {
        if (NativeKernels.Loaded) NativeKernels.UseThreads(For(most, network, rows));
    }

    /// <summary>
    /// Threads for one pass: as many as have something to do. With less work an operator ends before the second thread of a team has woken up, and
    /// on a shared machine it may have to wait for that thread's core besides.
    /// </summary>
    /// <param name="most">The whole team.</param>
    /// <param name="network">What is evaluated.</param>
    /// <param name="rows">Images of the pass.</param>
    public static int For(int most, UNetConfig network, int rows)
    {
        ArgumentNullException.ThrowIfNull(network);
        var work = (double)rows * network.ImageSize * network.ImageSize * network.ModelChannels * network.ModelChannels;
        return (int)Math.Clamp(work / LeastWork, 1, Math.Max(1, most));
    }

    /// <summary>
    /// Sets <see cref="SpinCount"/> for this process where neither <c>OMP_WAIT_POLICY</c> nor <c>GOMP_SPINCOUNT</c> is set. To be called before
    /// anything of libtorch, which reads it when it is loaded.
    /// </summary>
    public static void Prepare()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is not null) return;
        // .NET's own copy of the environment never reaches native libraries
        _ = setenv("GOMP_SPINCOUNT", SpinCount.ToString(CultureInfo.InvariantCulture), 0);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
