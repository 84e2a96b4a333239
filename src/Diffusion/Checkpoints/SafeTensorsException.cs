namespace Diffusion.Checkpoints;

/// <summary>A safetensors file, or a set of tensors to be written as one, that breaks the format.</summary>
public sealed class SafeTensorsException : IOException
{
    internal SafeTensorsException(string message, string? tensor = null, Exception? inner = null) : base(message, inner) => Tensor = tensor;

    /// <summary>The tensor at fault, or null if it is the file as a whole.</summary>
    public string? Tensor { get; }
}
