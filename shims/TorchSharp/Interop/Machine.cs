using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace TorchSharp.Interop;

/// <summary>What must be in the native environment before libtorch and its BLAS load, and what must hold after.</summary>
internal static unsafe class Machine
{
    // .NET's own copy of the environment never reaches native libraries: libc must be told
    [DllImport("libc", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int setenv(string name, string value, int overwrite);

    /// <summary>Sets the BLAS's kernel choice and thread count where the user has not.</summary>
    internal static void Prepare()
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("the TorchSharp stand-in binds the libtorch of a Linux system; build with -p:Torch=cpu or -p:Torch=cuda elsewhere");
        // an OpenBLAS older than the CPU falls back to its slowest kernels: 5 to 8 times slower products
        if (Avx512F.IsSupported) setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
        else if (Avx2.IsSupported) setenv("OPENBLAS_CORETYPE", "Haswell", 0);
        // a second thread pool beside OpenMP's fights it for the cores
        setenv("OPENBLAS_NUM_THREADS", "1", 0);
    }

    /// <summary>
    /// Lets freed tensor memory wait for the next tensor of its size: up to a quarter of the machine, at most 4 GiB, or
    /// TORCHSHARP_KEEP_MB megabytes. 0 leaves libtorch's own allocator and the C library as they are.
    /// </summary>
    internal static void KeepMemory()
    {
        var asked = Environment.GetEnvironmentVariable("TORCHSHARP_KEEP_MB");
        var bytes = long.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var megabytes)
            ? megabytes << 20
            : Math.Min(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4, 4L << 30);
        if (bytes > 0) Native.Check(Native.dt_keep_memory(bytes));
    }

    /// <summary>libtorch starts with one thread: take the cores, or what OMP_NUM_THREADS says.</summary>
    internal static void SetThreads()
    {
        var asked = Environment.GetEnvironmentVariable("OMP_NUM_THREADS");
        var threads = int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? n : Environment.ProcessorCount;
        Native.Check(Native.dt_set_threads(threads));
    }

    /// <summary>Holds one 64x64 product against float64.</summary>
    /// <exception cref="InvalidOperationException">the BLAS computes wrong products on this CPU</exception>
    internal static void CheckProduct()
    {
        double error;
        Native.Check(Native.dt_check_product(&error));
        if (error < 1e-4) return;
        throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
            $"the BLAS under libtorch computes wrong products on this CPU (64x64 in float32: error {error:g3}). Set OPENBLAS_CORETYPE to a kernel set that this CPU has, for example Haswell."));
    }
}
