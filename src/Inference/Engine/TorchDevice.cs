using Diffusion.Checkpoints;
using Diffusion.Inference.Models;
using Diffusion.Networks;
using Microsoft.Extensions.Options;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Inference.Engine;

/// <summary>The device of libtorch that the settings mean.</summary>
internal sealed class TorchDevice(IOptions<InferenceOptions> options) : IDevice
{
    public string Name => Device.ToString();

    // a GPU has kernels chosen, and memory cached, for each shape it meets; a CPU pays for every row
    public bool PrefersFewSizes => Device.type == DeviceType.CUDA;

    private Device Device => Devices.Named(options.Value.Device, "Inference:Device");

    // the number of threads is the calling thread's own, and results may depend on it in their last bits
    public int Enter() => ThreadTeam.Enter(options.Value.Threads);

    // libtorch empties its own cache before it says that memory has run out; what is left is garbage that nobody has collected
    public void Trim()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    public ILoadedNetwork Load(CheckpointVersion version)
    {
        var threads = Enter();
        return version.Manifest.IsClassifier ? Classifier(version) : new TorchModel(Denoiser.Load(version, Device, Precision.Named(options.Value.Precision, Device, "Inference:Precision")), threads);
    }

    private TorchClassifier Classifier(CheckpointVersion version)
    {
        var classifier = new TorchClassifier(GuidingClassifier.Load(version, Device));
        try
        {
            ClassifierProbe.Run(classifier, version.Manifest, Device);
            return classifier;
        }
        catch
        {
            classifier.Dispose();
            throw;
        }
    }
}
