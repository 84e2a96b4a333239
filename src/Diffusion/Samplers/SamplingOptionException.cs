namespace Diffusion.Samplers;

/// <summary>A sampling option that cannot be served; <see cref="Field"/> names it.</summary>
public sealed class SamplingOptionException(string field, string message) : Exception(message)
{
    /// <summary>The request field at fault.</summary>
    public string Field { get; } = field;
}
