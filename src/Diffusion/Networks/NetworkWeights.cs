using Diffusion.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>Parameters to and from safetensors files.</summary>
public static class NetworkWeights
{
    /// <summary>The parameters as they are now, copied to the CPU.</summary>
    /// <param name="weights">By name: a <c>state_dict()</c>, or an average of one. float32, float16, bfloat16 or float64.</param>
    public static IReadOnlyList<SafeTensor> ToSafeTensors(IEnumerable<KeyValuePair<string, Tensor>> weights)
    {
        using var scope = NewDisposeScope();
        return [.. weights.Select(w => new SafeTensor(w.Key, TypeOf(w.Value.dtype), w.Value.shape, w.Value.detach().cpu().contiguous().bytes.ToArray()))];
    }

    /// <summary>Sets every parameter of a network from a file, whatever device it is on.</summary>
    /// <exception cref="CheckpointException">The file lacks a tensor, has another one, or one of another shape or no float type; the message names them.</exception>
    /// <exception cref="SafeTensorsException">The file is damaged.</exception>
    public static void Load(nn.Module network, SafeTensorFile file)
    {
        using var noGrad = no_grad();
        var parameters = network.state_dict();
        if (Mismatch(parameters, file) is { } mismatch) throw new CheckpointException(mismatch, CheckpointVersion.WeightsFile);
        foreach (var (name, parameter) in parameters)
        {
            using var scope = NewDisposeScope();
            var entry = file[name];
            var stored = empty([.. entry.Shape], dtype: TypeOf(name, entry.Type));
            file.Read(name, stored.bytes);
            parameter.copy_(stored);
        }
    }

    /// <summary>Why a file is not that of a network, or null if it is; names the tensors.</summary>
    internal static string? Refusal(nn.Module network, SafeTensorFile file) => Mismatch(network.state_dict(), file)
        ?? (file.Tensors.Values.FirstOrDefault(t => t.Type is not (DType.F32 or DType.F16 or DType.BF16 or DType.F64)) is { } odd ? NoFloat(odd.Name, odd.Type) : null);

    private static string? Mismatch(Dictionary<string, Tensor> parameters, SafeTensorFile file)
    {
        string[] problems =
        [
            .. parameters.Keys.Where(n => !file.Tensors.ContainsKey(n)).Select(n => $"'{n}' is missing"),
            .. file.Tensors.Keys.Where(n => !parameters.ContainsKey(n)).Select(n => $"'{n}' is not a parameter of the network"),
            .. parameters.Where(p => file.Tensors.TryGetValue(p.Key, out var entry) && !entry.Shape.SequenceEqual(p.Value.shape))
                .Select(p => $"'{p.Key}' is [{string.Join(", ", file[p.Key].Shape)}], the network needs [{string.Join(", ", p.Value.shape)}]"),
        ];
        if (problems.Length == 0) return null;
        var more = problems.Length > 5 ? $"; and {problems.Length - 5} more" : "";
        return $"The weights do not fit the network: {string.Join("; ", problems.Take(5))}{more}.";
    }

    private static string NoFloat(string name, DType type) => $"The weights do not fit the network: '{name}' has type {type}.";

    private static DType TypeOf(ScalarType type) => type switch
    {
        ScalarType.Float32 => DType.F32,
        ScalarType.Float16 => DType.F16,
        ScalarType.BFloat16 => DType.BF16,
        ScalarType.Float64 => DType.F64,
        _ => throw new ArgumentException($"Weights of type {type} are not stored."),
    };

    private static ScalarType TypeOf(string name, DType type) => type switch
    {
        DType.F32 => ScalarType.Float32,
        DType.F16 => ScalarType.Float16,
        DType.BF16 => ScalarType.BFloat16,
        DType.F64 => ScalarType.Float64,
        _ => throw new CheckpointException(NoFloat(name, type), CheckpointVersion.WeightsFile),
    };
}
