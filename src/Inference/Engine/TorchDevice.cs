using Diffusion.Checkpoints;
using Diffusion.Networks;
using Microsoft.Extensions.Options;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Inference.Engine;

/// <summary>The device of libtorch that the setting means.</summary>
internal sealed class TorchDevice(IOptions<InferenceOptions> options) : IDevice
{
    public ILoadedModel Load(CheckpointVersion version) => new TorchModel(Denoiser.Load(version, Of(options.Value.Device)));

    /// <param name="setting"><c>cpu</c>, <c>cuda</c>, <c>cuda:N</c> or <c>auto</c>.</param>
    /// <exception cref="InvalidOperationException">CUDA is asked for and there is none.</exception>
    private static Device Of(string setting)
    {
        if (setting == "auto") setting = cuda.is_available() ? "cuda:0" : "cpu";
        if (setting == "cpu") return CPU;
        if (!cuda.is_available()) throw new InvalidOperationException($"Inference:Device is '{setting}', but this libtorch finds no CUDA device; use cpu or auto.");
        return device(setting);
    }
}
