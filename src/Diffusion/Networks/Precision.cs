using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>How exactly networks are computed.</summary>
public static class Precision
{
    /// <summary>The number types that a network can be evaluated in.</summary>
    public static IReadOnlyList<string> Names { get; } = ["float32", "bfloat16", "float16"];

    /// <summary>The number type meant.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="device">Where it is to be used.</param>
    /// <param name="setting">The setting it stands in, for the message.</param>
    /// <exception cref="InvalidOperationException">It is no such name, or the device has no operators for it.</exception>
    public static ScalarType Named(string name, Device device, string setting)
    {
        ArgumentNullException.ThrowIfNull(device);
        return name switch
        {
            "float32" => ScalarType.Float32,
            "bfloat16" => ScalarType.BFloat16,
            "float16" when device.type == DeviceType.CUDA => ScalarType.Float16,
            "float16" => throw new InvalidOperationException($"{setting} is float16, which only a GPU has operators for; use float32 or bfloat16."),
            _ => throw new InvalidOperationException($"{setting} must be {string.Join(", ", Names)}, got '{name}'."),
        };
    }

    /// <summary>
    /// One choice for the whole process; nothing changes on a CPU: whether convolutions and matrix products may round their inputs to TF32, 10 bits of mantissa in place of 23, which GPUs since
    /// Ampere multiply several times as fast. libtorch's own default allows it in convolutions only.
    /// </summary>
    public static void AllowTf32(bool allowed)
    {
        backends.cuda.matmul.allow_tf32 = allowed;
        backends.cudnn.allow_tf32 = allowed;
    }
}
