using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Engine;

/// <summary>What an exception of the device means to a caller.</summary>
internal static class DeviceErrors
{
    // libtorch has no type for it: "CUDA out of memory", "DefaultCPUAllocator: can't allocate memory"
    public static bool IsOutOfMemory(Exception cause) => cause is OutOfMemoryException
        || cause.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
        || cause.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase);

    public static (string Problem, string Detail) Describe(Exception cause) => IsOutOfMemory(cause)
        ? (Problems.OutOfMemory, "One picture of this request needs more memory than the device has.")
        : (Problems.EngineError, "The network could not be evaluated for this request; the log has the cause.");
}
