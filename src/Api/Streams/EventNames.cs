using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Streams;

/// <summary>What happened, as one word.</summary>
internal static class EventNames
{
    public static string Of(GenerationEvent happened) => happened switch
    {
        QueuedEvent => "queued",
        StartedEvent => "started",
        FrameEvent => "frame",
        CompletedEvent => "completed",
        FailedEvent => "failed",
        CanceledEvent => "canceled",
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, null),
    };
}
