using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Inference.Engine;

/// <summary>The device that a setting means.</summary>
internal static class TorchDevice
{
    /// <param name="setting"><c>cpu</c>, <c>cuda</c>, <c>cuda:N</c> or <c>auto</c>.</param>
    /// <exception cref="InvalidOperationException">CUDA is asked for and there is none.</exception>
    public static Device Of(string setting)
    {
        if (setting == "auto") setting = cuda.is_available() ? "cuda:0" : "cpu";
        if (setting == "cpu") return CPU;
        if (!cuda.is_available()) throw new InvalidOperationException($"Inference:Device is '{setting}', but this libtorch finds no CUDA device; use cpu or auto.");
        return device(setting);
    }
}
