namespace Diffusion.Inference.Jobs;

/// <summary>Whether the frames that somebody wants can exist.</summary>
internal static class FrameCheck
{
    public const string FramesField = "frames", KindsField = "kinds";

    /// <param name="frames">What is wanted.</param>
    /// <param name="model">For messages.</param>
    /// <param name="hasMemory">Whether the network is shown one.</param>
    /// <param name="steps">Steps of the request.</param>
    /// <param name="count">Pictures of the request.</param>
    /// <param name="errors">Told what is wrong.</param>
    public static void Check(FrameOptions frames, string model, bool hasMemory, int steps, int count, RequestErrors errors)
    {
        if (frames.Memory && !hasMemory)
            errors.Invalid(KindsField, $"Model '{model}' is shown no memory, so there are no frames of kind memory; it has x_t and x0.");
        if (frames.AtSteps.Where(s => s < 1 || s > steps).ToArray() is { Length: > 0 } outside)
            errors.Invalid(FramesField, $"The steps of frames must be 1..{steps} for this request, got {string.Join(", ", outside)}.");
        if (frames.Samples.Where(s => s < 0 || s >= count).ToArray() is { Length: > 0 } unknown)
            errors.Invalid(FramesField, $"The samples of frames must be 0..{count - 1} for this request, got {string.Join(", ", unknown)}.");
        if (frames.Every < 0) errors.Invalid(FramesField, $"Frames come every n-th step, n at least 1, or 0 for none; got {frames.Every}.");
        if (frames.MaxFps is { } fps && !(fps > 0)) errors.Invalid(FramesField, "The rate of frames must be above 0.");
    }
}
