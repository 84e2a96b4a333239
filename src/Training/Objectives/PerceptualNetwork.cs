using System.Runtime.InteropServices;
using Diffusion.Training.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>
/// A perceptual distance such as LPIPS (Zhang et al. 2018), given as a TorchScript file: forward(estimate, target), both [B, C, H, W] in
/// [-1, 1] with a grey image as three equal channels, gives one distance of at least 0 for each pair, [B] or [B, 1, 1, 1]. The gradient
/// goes through the script to the estimate; its own weights stay as they are.
/// </summary>
internal sealed class PerceptualNetwork : IDisposable
{
    private const int ProbeImages = 2;

    private readonly jit.ScriptModule module;
    private readonly string name;
    private readonly int size;

    private PerceptualNetwork(jit.ScriptModule module, string name, int size) => (this.module, this.name, this.size) = (module, name, size);

    /// <summary>Opens a file, which is code and runs with the rights of the service, and tries it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="size">Side to which images are resized for it, bilinearly; 0 leaves them as they are.</param>
    /// <param name="channels">Channels of the images it will see.</param>
    /// <param name="imageSize">Their height and width.</param>
    /// <param name="device">Where it shall run.</param>
    /// <exception cref="EvaluationException">It is missing, no TorchScript, or gives no distances for such images.</exception>
    public static PerceptualNetwork Load(string path, int size, int channels, int imageSize, Device device)
    {
        var network = new PerceptualNetwork(ScriptFeatures.Open(path, device), ScriptFeatures.NameOf(path), size);
        try
        {
            using var off = no_grad();
            using var scope = NewDisposeScope();
            foreach (var parameter in network.module.parameters()) parameter.requires_grad = false;
            var black = zeros(ProbeImages, channels, imageSize, imageSize, device: device);
            network.Between(black, black);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>The distance of each pair, [B, 1, 1, 1].</summary>
    /// <param name="estimate">[B, C, H, W].</param>
    /// <param name="target">[B, C, H, W].</param>
    /// <exception cref="EvaluationException">The script fails, or does not give one distance a pair.</exception>
    public Tensor Between(Tensor estimate, Tensor target)
    {
        try
        {
            var found = module.forward(Seen(estimate), Seen(target)) as Tensor;
            if (found is null || found.numel() != estimate.shape[0])
                throw new EvaluationException($"{name} gives {(found is null ? "no tensor" : $"[{string.Join(", ", found.shape)}]")} for {estimate.shape[0]} pairs of images; it must give one distance a pair, [B].");
            return found.reshape(-1, 1, 1, 1);
        }
        catch (ExternalException wrong)
        {
            throw new EvaluationException($"{name} cannot be run on two batches of these images: {ScriptFeatures.Start(wrong)}", wrong);
        }
    }

    public void Dispose() => module.Dispose();

    private Tensor Seen(Tensor images)
    {
        var seen = images.shape[1] == 1 ? images.expand(-1, 3, -1, -1) : images;
        return size == 0 || seen.shape[2] == size ? seen.contiguous()
            : nn.functional.interpolate(seen, [size, size], mode: InterpolationMode.Bilinear, align_corners: false);
    }
}
