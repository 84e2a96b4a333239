using Diffusion.Schedules;

namespace Diffusion.Training.Loop;

/// <summary>One batch as plain numbers, made off the torch thread. Arrays of images are B x C x H x W, row-major.</summary>
internal sealed record TrainingBatch
{
    /// <summary>0-based step.</summary>
    public required int Step { get; init; }

    public required int Epoch { get; init; }

    /// <summary>Share of the run that is behind, 0..1.</summary>
    public required double Progress { get; init; }

    /// <summary>Which training images these are.</summary>
    public required int[] Indices { get; init; }

    /// <summary>x_0.</summary>
    public required float[] Clean { get; init; }

    /// <summary>Labels; dropped ones are the null token already. Null for an unconditional network.</summary>
    public required long[]? Labels { get; init; }

    /// <summary>t in 1..T; empty, like all that follows, for a classifier.</summary>
    public int[] Times { get; init; } = [];

    /// <summary>z of the forward process.</summary>
    public float[] Noise { get; init; } = [];

    /// <summary>x_t.</summary>
    public float[] Noisy { get; init; } = [];

    /// <summary>Which of the images were mirrored; empty for none.</summary>
    public bool[] Mirrored { get; init; } = [];

    public int Count => Indices.Length;

    public bool IsMirrored(int i) => Mirrored.Length > 0 && Mirrored[i];

    /// <summary>The same images with the same noise at other times.</summary>
    /// <param name="times">t in 1..T of each.</param>
    /// <param name="schedule">Where alpha_t and sigma_t come from.</param>
    public TrainingBatch At(int[] times, NoiseSchedule schedule)
    {
        if (Times.AsSpan().SequenceEqual(times)) return this;
        var (noisy, pixels) = (new float[Clean.Length], Clean.Length / Count);
        for (var i = 0; i < Count; i++)
            BatchSource.Diffuse(schedule, times[i], Clean.AsSpan(i * pixels, pixels), Noise.AsSpan(i * pixels, pixels), noisy.AsSpan(i * pixels, pixels));
        return this with { Times = times, Noisy = noisy };
    }

    /// <summary>The images from <paramref name="start"/> up to <paramref name="end"/>, of the same step.</summary>
    public TrainingBatch Part(int start, int end)
    {
        if (start == 0 && end == Count) return this;
        var pixels = Clean.Length / Count;
        return this with
        {
            Indices = Indices[start..end],
            Clean = Clean[(start * pixels)..(end * pixels)],
            Labels = Labels?[start..end],
            Times = Times.Length == 0 ? Times : Times[start..end],
            Noise = Noise.Length == 0 ? Noise : Noise[(start * pixels)..(end * pixels)],
            Noisy = Noisy.Length == 0 ? Noisy : Noisy[(start * pixels)..(end * pixels)],
            Mirrored = Mirrored.Length == 0 ? Mirrored : Mirrored[start..end],
        };
    }
}
