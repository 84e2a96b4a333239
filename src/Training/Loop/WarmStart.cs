using Diffusion.Checkpoints;
using static TorchSharp.torch;

namespace Diffusion.Training.Loop;

/// <summary>Starts a network from the published weights of another one that need not be quite the same.</summary>
internal static class WarmStart
{
    private const string FirstConvolution = "input_blocks.0.0.weight", LastConvolution = "out.2.weight", LastBias = "out.2.bias";

    /// <summary>
    /// Copies every parameter whose name and shape match. The first convolution may have more input channels than the
    /// stored one (a memory beside the image): what it shares is copied and the rest is zero, so that at first the
    /// network answers as its parent does. The last one may have more output channels or fewer (a variance beside the
    /// image, or none any more): what both have is copied, and what is new is as it was drawn.
    /// </summary>
    /// <returns>How many parameters were taken over, and the names of those that were not.</returns>
    public static (int Copied, IReadOnlyList<string> Skipped) Apply(nn.Module network, SafeTensorFile parent)
    {
        var skipped = new List<string>();
        var copied = 0;
        foreach (var (name, parameter) in network.named_parameters())
        {
            if (!parent.Tensors.TryGetValue(name, out var entry)) skipped.Add(name);
            else if (entry.Shape.SequenceEqual(parameter.shape))
            {
                Weights.Fill(parameter, parent, name);
                copied++;
            }
            else if (name == FirstConvolution && Widens(entry.Shape, parameter.shape))
            {
                Widen(parameter, parent, name, entry.Shape);
                copied++;
            }
            else if (name is LastConvolution or LastBias && entry.Shape.Skip(1).SequenceEqual(parameter.shape.Skip(1)))
            {
                Share(parameter, parent, name, entry.Shape);
                copied++;
            }
            else skipped.Add(name);
        }
        return (copied, skipped);
    }

    private static bool Widens(IReadOnlyList<long> from, long[] to) =>
        from.Count == 4 && to.Length == 4 && from[0] == to[0] && from[1] < to[1] && from[2] == to[2] && from[3] == to[3];

    private static void Widen(Tensor parameter, SafeTensorFile parent, string name, IReadOnlyList<long> shape)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        parameter.zero_();
        parameter.narrow(1, 0, shape[1]).copy_(Stored(parent, name, shape));
    }

    private static void Share(Tensor parameter, SafeTensorFile parent, string name, IReadOnlyList<long> shape)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var channels = Math.Min(shape[0], parameter.size(0));
        parameter.narrow(0, 0, channels).copy_(Stored(parent, name, shape).narrow(0, 0, channels));
    }

    private static Tensor Stored(SafeTensorFile parent, string name, IReadOnlyList<long> shape)
    {
        var stored = empty([.. shape], ScalarType.Float32);
        parent.Read(name, stored.bytes);
        return stored;
    }
}
