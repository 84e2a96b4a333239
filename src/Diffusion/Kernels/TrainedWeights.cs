using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Kernels;

/// <summary>
/// The parameters of a network in training, with both moments of AdamW (Loshchilov and Hutter 2019) and the moving average of each, as our
/// operators take them: all of them in one call, with one pass over memory. The results do not depend on the number of threads.
/// </summary>
/// <remarks>The four lists are in the same order, and their tensors live at least as long.</remarks>
internal sealed class TrainedWeights(IReadOnlyList<Tensor> weights, IReadOnlyList<Tensor> first, IReadOnlyList<Tensor> second, IReadOnlyList<Tensor> averages)
{
    private readonly IntPtr[] weightHandles = Handles(weights), firstHandles = Handles(first), secondHandles = Handles(second), averageHandles = Handles(averages);

    /// <summary>Whether our operators serve these weights: float32 on the CPU, and a library with a processor to which it adds something.</summary>
    public static bool Serve(IReadOnlyList<Tensor> weights) => NativeKernels.Available && NativeKernels.Unit != VectorUnit.None
        && weights.All(w => w.dtype == ScalarType.Float32 && w.device.type == DeviceType.CPU);

    /// <summary>The norm of the whole gradient, 0 where there is none.</summary>
    public double GradientNorm()
    {
        var norm = NativeKernels.GradientNorm(weightHandles);
        Keep();
        return norm;
    }

    /// <summary>Takes a step. A weight without a gradient stays, and its average moves towards it.</summary>
    public void Step(in WeightStep step)
    {
        NativeKernels.Step(weightHandles, firstHandles, secondHandles, averageHandles, step);
        Keep();
    }

    /// <summary>Takes the gradients away.</summary>
    public void ForgetGradients()
    {
        NativeKernels.ForgetGradients(weightHandles);
        Keep();
    }

    private static IntPtr[] Handles(IReadOnlyList<Tensor> tensors) => [.. tensors.Select(t => t.Handle)];

    // a handle is a bare pointer: its owner must not be finalized while it is in use
    private void Keep()
    {
        GC.KeepAlive(weights);
        GC.KeepAlive(first);
        GC.KeepAlive(second);
        GC.KeepAlive(averages);
    }
}
