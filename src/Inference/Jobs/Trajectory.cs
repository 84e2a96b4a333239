namespace Diffusion.Inference.Jobs;

/// <summary>
/// The recorded frames of a request, as exact as the engine computed them: float32, not rounded to pixels. Each array is
/// [F, N, C, H, W]; NaN where a picture had not begun at that step, and null for a kind that was not asked for.
/// </summary>
/// <param name="Steps">Steps done at each frame, 1..Steps, rising.</param>
/// <param name="Times">The 0-based time index that the network was given in each of these steps.</param>
/// <param name="Noisy">x_t after the step.</param>
/// <param name="Clean">The network's x_0 estimate of the step.</param>
/// <param name="Memory">What the network was shown as its memory at the step.</param>
public sealed record Trajectory(IReadOnlyList<int> Steps, IReadOnlyList<int> Times, float[]? Noisy, float[]? Clean, float[]? Memory)
{
    /// <summary>The kinds there are, by their names in requests and files.</summary>
    public IEnumerable<(string Kind, float[] Values)> Kinds
    {
        get
        {
            if (Noisy is not null) yield return (FrameKinds.Noisy, Noisy);
            if (Clean is not null) yield return (FrameKinds.Clean, Clean);
            if (Memory is not null) yield return (FrameKinds.Memory, Memory);
        }
    }

    /// <summary>Some of the frames.</summary>
    /// <param name="frames">Which steps; of those named, each must have been kept. Every n-th, and the last that there is.</param>
    /// <param name="kinds">Which kinds; null for all that there are.</param>
    /// <exception cref="GenerationRefusedException">A step or a kind was not kept; it names what was.</exception>
    public Trajectory Select(FrameOptions frames, IReadOnlyList<string>? kinds)
    {
        ArgumentNullException.ThrowIfNull(frames);
        var errors = new RequestErrors();
        var missing = frames.AtSteps.Except(Steps).ToArray();
        var chosen = Enumerable.Range(0, Steps.Count).Where(i => frames.Selects(Steps[i], Steps[^1])).ToArray();
        if (missing.Length > 0 || chosen.Length == 0)
            errors.Invalid(FrameCheck.FramesField, $"{(missing.Length > 0 ? $"There are no frames of the steps {string.Join(", ", missing)}" : "None of these frames was kept")}; kept are those of {string.Join(", ", Steps)}.");
        var kept = Kinds.Select(k => k.Kind).ToArray();
        if (kinds?.Except(kept).ToArray() is { Length: > 0 } unknown)
            errors.Invalid(FrameCheck.KindsField, $"Frames of {string.Join(", ", unknown)} were not kept; kept are {string.Join(", ", kept)}.");
        if (errors.Any) throw errors.Refusal();
        return new([.. chosen.Select(i => Steps[i])], [.. chosen.Select(i => Times[i])], Cut(FrameKinds.Noisy, Noisy), Cut(FrameKinds.Clean, Clean), Cut(FrameKinds.Memory, Memory));

        float[]? Cut(string kind, float[]? values)
        {
            if (values is null || kinds?.Contains(kind) == false) return null;
            var size = values.Length / Steps.Count;
            return [.. chosen.SelectMany(i => values.AsSpan(i * size, size).ToArray())];
        }
    }
}
