using Diffusion.Noise;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>
/// PyTorch's default distributions, drawn from <see cref="SeededNoise"/>: the same weights for a seed on any device
/// and with any library version.
/// </summary>
/// <remarks>
/// Convolutions and linear layers, weight and bias: uniform within 1/sqrt(fan in). Embeddings: standard normal.
/// Group norms: one and zero. Places of attention pooling: normal with variance 1 / channels. Each parameter has its own stream, numbered by its name in ordinal order.
/// </remarks>
internal static class InitialWeights
{
    /// <param name="network">Any device, float32.</param>
    /// <param name="seed">Key of the streams.</param>
    /// <param name="startsAtZero">Which modules, by full name, start at zero.</param>
    public static void Draw(nn.Module network, ulong seed, Func<string, bool> startsAtZero)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var streams = network.named_parameters().Select(p => p.Item1).Order(StringComparer.Ordinal)
            .Select((name, index) => (name, index)).ToDictionary(p => p.name, p => (uint)p.index, StringComparer.Ordinal);
        foreach (var (name, module) in network.named_modules())
        {
            if (module is AttentionPool pool) Set(pool.Places, Normal(seed, streams[$"{name}.positional_embedding"], pool.Places.numel()).Select(v => v / MathF.Sqrt(pool.Places.shape[0])).ToArray());
            var (weight, bias) = Parameters(module);
            if (weight is null) continue;
            var zero = startsAtZero(name);
            if (module is GroupNorm || zero) nn.init.constant_(weight, zero ? 0 : 1);
            else if (module is Embedding) Set(weight, Normal(seed, streams[$"{name}.weight"], weight.numel()));
            else Set(weight, Uniform(seed, streams[$"{name}.weight"], weight.numel(), FanIn(weight)));
            if (bias is null) continue;
            if (module is GroupNorm || zero) nn.init.zeros_(bias);
            else Set(bias, Uniform(seed, streams[$"{name}.bias"], bias.numel(), FanIn(weight)));
        }
    }

    private static (Tensor? Weight, Tensor? Bias) Parameters(nn.Module module) => module switch
    {
        Conv2d conv => (conv.weight, conv.bias),
        Conv1d conv => (conv.weight, conv.bias),
        Linear linear => (linear.weight, linear.bias),
        GroupNorm norm => (norm.weight, norm.bias),
        Embedding embedding => (embedding.weight, null),
        _ => (null, null),
    };

    private static long FanIn(Tensor weight) => weight.numel() / weight.shape[0];

    private static float[] Normal(ulong seed, uint stream, long count)
    {
        var values = new float[count];
        SeededNoise.Normal(seed, stream, 0, NoisePurpose.Weights, values);
        return values;
    }

    private static float[] Uniform(ulong seed, uint stream, long count, long fanIn)
    {
        var unit = new double[count];
        SeededNoise.Uniform(seed, stream, 0, NoisePurpose.Weights, unit);
        var bound = 1 / Math.Sqrt(fanIn);
        return Array.ConvertAll(unit, u => (float)((2 * u - 1) * bound));
    }

    private static void Set(Tensor parameter, float[] values) => parameter.copy_(tensor(values, parameter.shape));
}
