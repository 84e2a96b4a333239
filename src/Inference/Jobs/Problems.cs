namespace Diffusion.Inference.Jobs;

/// <summary>The slugs of <see cref="GenerationFailedException.Problem"/>; callers match on them, so they never change.</summary>
internal static class Problems
{
    public const string NonFinite = "non-finite", EngineError = "engine-error", OutOfMemory = "gpu-out-of-memory", ModelUnavailable = "model-unavailable",
        ModelLoading = "model-loading", Draining = "draining", DeadlineExceeded = "deadline-exceeded", ModelGone = "model-gone",
        NoLongerValid = "no-longer-valid", CrashedService = "crashed-service";
}
