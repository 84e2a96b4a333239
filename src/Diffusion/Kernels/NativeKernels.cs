using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Kernels;

/// <summary>
/// The library of our own operators, libdiffusionkernels. Tensors cross as the pointers to at::Tensor that handles are, so
/// it serves beside any TorchSharp whose libtorch it was compiled for; where it was not built, the plain operators serve.
/// </summary>
internal static unsafe partial class NativeKernels
{
    private const string Library = "diffusionkernels";
    private static readonly bool wanted;

    [ThreadStatic]
    private static int t_plain;

    static NativeKernels()
    {
        NativeLibrary.SetDllImportResolver(typeof(NativeKernels).Assembly, Resolve);
        Loaded = Load() != IntPtr.Zero;
        if (Loaded) Unit = (VectorUnit)kernels_vector_unit();
        wanted = Environment.GetEnvironmentVariable("DIFFUSION_KERNELS") != "0";
    }

    /// <summary>Whether the library is there.</summary>
    public static bool Loaded { get; }

    /// <summary>Whether the library is there and in use; false also with the environment variable <c>DIFFUSION_KERNELS=0</c>.</summary>
    public static bool Available => Loaded && wanted && t_plain == 0;

    /// <summary>The widest unit that the convolutions can use on this processor.</summary>
    public static VectorUnit Unit { get; }

    /// <summary>Until disposed, this thread uses the plain operators: to compare with them, or for what ours cannot do.</summary>
    public static PlainScope Plain() => new();

    /// <summary>The operator <c>kernels_norm_activation</c>; the result belongs to the current dispose scope.</summary>
    /// <exception cref="InvalidOperationException">What the library says of the arguments.</exception>
    public static Tensor NormActivation(Tensor x, Tensor weight, Tensor bias, Tensor? condition, long groups, double epsilon, bool activate)
    {
        IntPtr result;
        var failed = kernels_norm_activation(x.Handle, weight.Handle, bias.Handle, condition?.Handle ?? IntPtr.Zero, groups, epsilon, activate ? 1 : 0, &result);
        // a handle is a bare pointer: its owner must not be finalized while it is in use
        GC.KeepAlive(x);
        GC.KeepAlive(weight);
        GC.KeepAlive(bias);
        GC.KeepAlive(condition);
        Check(failed);
        return Tensor.UnsafeCreateTensor(result);
    }

    /// <summary>The operator <c>kernels_convolution</c>, with first derivatives where gradients are on; the result belongs to the current dispose scope.</summary>
    /// <exception cref="InvalidOperationException">What the library says of the arguments.</exception>
    public static Tensor Convolution(Tensor x, Tensor weight, Tensor bias, Tensor? added, PackedWeights packed, VectorUnit unit)
    {
        IntPtr result;
        var failed = kernels_convolution(x.Handle, weight.Handle, bias.Handle, added?.Handle ?? IntPtr.Zero, packed, (int)unit, &result);
        GC.KeepAlive(x);
        GC.KeepAlive(weight);
        GC.KeepAlive(bias);
        GC.KeepAlive(added);
        Check(failed);
        return Tensor.UnsafeCreateTensor(result);
    }

    /// <summary>The entry point <c>kernels_gradient_norm</c>. The handles' owners are the caller's to keep alive.</summary>
    /// <exception cref="InvalidOperationException">What the library says of the weights.</exception>
    public static double GradientNorm(IntPtr[] weights)
    {
        double norm;
        fixed (IntPtr* all = weights) Check(kernels_gradient_norm(all, weights.Length, &norm));
        return norm;
    }

    /// <summary>The entry point <c>kernels_weight_step</c>. The handles' owners are the caller's to keep alive.</summary>
    /// <exception cref="InvalidOperationException">What the library says of the tensors.</exception>
    public static void Step(IntPtr[] weights, IntPtr[] first, IntPtr[] second, IntPtr[] averages, in WeightStep step)
    {
        if (first.Length != weights.Length || second.Length != weights.Length || averages.Length != weights.Length)
            throw new ArgumentException($"{weights.Length} weights need as many moments and averages, got {first.Length}, {second.Length}, {averages.Length}.", nameof(weights));
        fixed (IntPtr* w = weights, m = first, v = second, e = averages)
        fixed (WeightStep* numbers = &step)
            Check(kernels_weight_step(w, m, v, e, weights.Length, numbers));
    }

    /// <summary>The entry point <c>kernels_forget_gradients</c>. The handles' owners are the caller's to keep alive.</summary>
    public static void ForgetGradients(IntPtr[] weights)
    {
        fixed (IntPtr* all = weights) Check(kernels_forget_gradients(all, weights.Length));
    }

    /// <summary>The entry point <c>kernels_use_threads</c>.</summary>
    /// <exception cref="InvalidOperationException">It is less than 1.</exception>
    public static void UseThreads(int count) => Check(kernels_use_threads(count));

    /// <summary>The entry point <c>kernels_packed_new</c>.</summary>
    public static IntPtr NewPacked() => kernels_packed_new();

    /// <summary>The entry point <c>kernels_packed_free</c>.</summary>
    public static void FreePacked(IntPtr packed) => kernels_packed_free(packed);

    /// <summary>The entry points <c>kernels_profile_begin</c> and <c>_end</c> around <paramref name="work"/>: lines of calls, nanoseconds and name.</summary>
    public static string Profile(Action work)
    {
        Check(kernels_profile_begin());
        IntPtr lines;
        try
        {
            work();
        }
        finally
        {
            Check(kernels_profile_end(&lines));
        }
        return Marshal.PtrToStringUTF8(lines)!;
    }

    private static void Check(int failed)
    {
        if (failed != 0) throw new InvalidOperationException(Marshal.PtrToStringUTF8(kernels_error()));
    }

    private static IntPtr Load()
    {
        // libtorch is loaded by TorchSharp, which sets the process up for it first
        _ = torch.get_num_threads();
        var file = Path.Combine(AppContext.BaseDirectory, $"lib{Library}.so");
        return File.Exists(file) && NativeLibrary.TryLoad(file, out var handle) ? handle : IntPtr.Zero;
    }

    private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name == Library ? Load() : IntPtr.Zero;

    /// <summary>See <see cref="Plain"/>.</summary>
    internal ref struct PlainScope
    {
        private bool over;

        public PlainScope() => t_plain++;

        public void Dispose()
        {
            if (over) return;
            over = true;
            t_plain--;
        }
    }

    [LibraryImport(Library)]
    private static partial IntPtr kernels_error();

    [LibraryImport(Library)]
    private static partial int kernels_vector_unit();

    [LibraryImport(Library)]
    private static partial int kernels_use_threads(int count);

    [LibraryImport(Library)]
    private static partial IntPtr kernels_packed_new();

    [LibraryImport(Library)]
    private static partial void kernels_packed_free(IntPtr packed);

    [LibraryImport(Library)]
    private static partial int kernels_convolution(IntPtr x, IntPtr weight, IntPtr bias, IntPtr added, PackedWeights packed, int unit, IntPtr* result);

    [LibraryImport(Library)]
    private static partial int kernels_gradient_norm(IntPtr* weights, long count, double* norm);

    [LibraryImport(Library)]
    private static partial int kernels_weight_step(IntPtr* weights, IntPtr* first, IntPtr* second, IntPtr* averages, long count, WeightStep* step);

    [LibraryImport(Library)]
    private static partial int kernels_forget_gradients(IntPtr* weights, long count);

    [LibraryImport(Library)]
    private static partial int kernels_profile_begin();

    [LibraryImport(Library)]
    private static partial int kernels_profile_end(IntPtr* lines);

    [LibraryImport(Library)]
    private static partial int kernels_norm_activation(IntPtr x, IntPtr weight, IntPtr bias, IntPtr condition, long groups, double epsilon, int activate, IntPtr* result);
}
