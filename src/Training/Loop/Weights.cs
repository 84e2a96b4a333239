using Diffusion.Checkpoints;
using static TorchSharp.torch;

namespace Diffusion.Training.Loop;

/// <summary>Parameters to and from safetensors, by name.</summary>
internal static class Weights
{
    /// <summary>A float32 tensor as bytes, under a name.</summary>
    public static SafeTensor Of(string name, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var here = tensor.detach().cpu().contiguous();
        return new SafeTensor(name, DType.F32, tensor.shape, here.bytes.ToArray());
    }

    /// <summary>All parameters of a network; <paramref name="prefix"/> goes before each name.</summary>
    public static IEnumerable<SafeTensor> Of(nn.Module network, string prefix = "") =>
        network.named_parameters().Select(p => Of(prefix + p.Item1, p.Item2));

    /// <summary>Fills <paramref name="target"/>, which must have the stored tensor's shape.</summary>
    /// <exception cref="SafeTensorsException">No such tensor.</exception>
    /// <exception cref="InvalidDataException">Another shape or type.</exception>
    public static void Fill(Tensor target, SafeTensorFile file, string name)
    {
        var entry = file[name];
        if (entry.Type != DType.F32 || !entry.Shape.SequenceEqual(target.shape))
            throw new InvalidDataException($"Tensor '{name}' is {entry.Type} [{string.Join(", ", entry.Shape)}], expected F32 [{string.Join(", ", target.shape)}].");
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var staged = empty(target.shape, ScalarType.Float32);
        file.Read(name, staged.bytes);
        target.copy_(staged);
    }

    /// <summary>Fills every parameter of a network.</summary>
    /// <inheritdoc cref="Fill(Tensor, SafeTensorFile, string)"/>
    public static void Fill(nn.Module network, SafeTensorFile file, string prefix = "")
    {
        foreach (var (name, parameter) in network.named_parameters()) Fill(parameter, file, prefix + name);
    }
}
