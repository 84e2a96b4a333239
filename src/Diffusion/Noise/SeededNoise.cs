namespace Diffusion.Noise;

/// <summary>
/// Random numbers that depend on (seed, sample, step, purpose, element) and on nothing else: the same for a sample
/// alone or among 64, on any device, after any restart.
/// </summary>
public static class SeededNoise
{
    /// <summary>Standard normal variates by Box-Muller in float64, rounded to float32.</summary>
    /// <param name="seed">The key: a request's or a training run's seed.</param>
    /// <param name="sample">Which picture of the request, or which image of the data set.</param>
    /// <param name="step">Which sampling step, or which training step or epoch.</param>
    /// <param name="purpose">Which stream.</param>
    /// <param name="destination">Filled from element 0; a longer span has the shorter one as its prefix.</param>
    public static void Normal(ulong seed, uint sample, uint step, NoisePurpose purpose, Span<float> destination)
    {
        var (key0, key1) = ((uint)seed, (uint)(seed >> 32));
        Span<float> four = stackalloc float[4];
        for (var i = 0; i < destination.Length; i += 4)
        {
            var (w0, w1, w2, w3) = Philox.Block((uint)(i / 4), sample, step, (uint)purpose, key0, key1);
            (four[0], four[1]) = BoxMuller(w0, w1);
            (four[2], four[3]) = BoxMuller(w2, w3);
            four[..Math.Min(4, destination.Length - i)].CopyTo(destination[i..]);
        }
    }

    /// <summary>Uniform numbers in (0, 1): (w + 1/2) / 2^32.</summary>
    /// <inheritdoc cref="Normal"/>
    public static void Uniform(ulong seed, uint sample, uint step, NoisePurpose purpose, Span<double> destination)
    {
        for (var i = 0; i < destination.Length; i++) destination[i] = Unit(Word(seed, sample, step, purpose, (uint)i));
    }

    /// <summary>One uniform number in (0, 1).</summary>
    /// <inheritdoc cref="Normal"/>
    public static double Uniform(ulong seed, uint sample, uint step, NoisePurpose purpose) => Unit(Word(seed, sample, step, purpose, 0));

    private static uint Word(ulong seed, uint sample, uint step, NoisePurpose purpose, uint element)
    {
        var (w0, w1, w2, w3) = Philox.Block(element / 4, sample, step, (uint)purpose, (uint)seed, (uint)(seed >> 32));
        return (element % 4) switch { 0 => w0, 1 => w1, 2 => w2, _ => w3 };
    }

    private static double Unit(uint word) => (word + 0.5) * (1.0 / 4294967296.0);

    private static (float, float) BoxMuller(uint radiusWord, uint angleWord)
    {
        var radius = Math.Sqrt(-2 * Math.Log(Unit(radiusWord)));
        var (sin, cos) = Math.SinCos(2 * Math.PI * Unit(angleWord));
        return ((float)(radius * cos), (float)(radius * sin));
    }
}
