using Diffusion.Networks;
using Diffusion.Training.Loop;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>Plain numbers as tensors on the training device. Belongs to the current dispose scope.</summary>
internal sealed class Inputs(UNetConfig network, Device device)
{
    /// <summary>[B, C, H, W].</summary>
    public Tensor Images(float[] pixels) =>
        tensor(pixels, [pixels.Length / (network.Channels * network.ImageSize * network.ImageSize), network.Channels, network.ImageSize, network.ImageSize]).to(device);

    /// <summary>The network's 0-based time index, [B], of t in 1..T.</summary>
    public Tensor TimeIndex(int[] times) => tensor(Array.ConvertAll(times, t => (long)t - 1)).to(device);

    public Tensor? Labels(long[]? labels) => labels is null ? null : tensor(labels).to(device);

    /// <summary>One number an image, [B, 1, 1, 1].</summary>
    public Tensor PerImage(IEnumerable<double> values)
    {
        var numbers = values.Select(v => (float)v).ToArray();
        return tensor(numbers, [numbers.Length, 1, 1, 1]).to(device);
    }

    /// <summary>The numbers of images, on the host.</summary>
    public static float[] ToArray(Tensor images)
    {
        using var data = images.detach().cpu().data<float>();
        return data.ToArray();
    }

    public Tensor Evaluate(UNet net, TrainingBatch batch, Tensor noisy, Tensor? memory = null) =>
        net.forward(noisy, TimeIndex(batch.Times), Labels(batch.Labels), memory);
}
