using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>Devices of libtorch by the names that settings give them.</summary>
public static class Devices
{
    /// <summary>The device meant: <c>auto</c> is the first GPU, or the CPU where there is none; <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c> are what they say.</summary>
    /// <param name="name">The name.</param>
    /// <param name="setting">The setting it stands in, for the message.</param>
    /// <exception cref="InvalidOperationException">It is no such name, or CUDA is asked for and there is none.</exception>
    public static Device Named(string name, string setting)
    {
        if (name == "auto") return cuda.is_available() ? device("cuda:0") : CPU;
        if (name == "cpu") return CPU;
        if (name != "cuda" && !(name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), out var index) && index >= 0))
            throw new InvalidOperationException($"{setting} must be auto, cpu, cuda or cuda:N, got '{name}'.");
        return cuda.is_available() ? device(name) : throw new InvalidOperationException($"{setting} is '{name}', but this libtorch finds no CUDA device; use cpu or auto.");
    }
}
