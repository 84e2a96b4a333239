namespace Diffusion.Noise;

/// <summary>How much a state looks like standard normal noise, which has mean 0 and deviation 1.</summary>
/// <param name="Mean">Over all elements.</param>
/// <param name="Deviation">Standard deviation over all elements.</param>
public sealed record NoiseStatistics(double Mean, double Deviation)
{
    /// <summary>Of one state, at least one element.</summary>
    public static NoiseStatistics Of(ReadOnlySpan<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfZero(values.Length, nameof(values));
        double sum = 0, squares = 0;
        foreach (var value in values) sum += value;
        var mean = sum / values.Length;
        foreach (var value in values) squares += (value - mean) * (value - mean);
        return new NoiseStatistics(mean, Math.Sqrt(squares / values.Length));
    }
}
