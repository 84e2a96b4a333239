using System.Text.Json.Serialization;

namespace Diffusion.Inference.Jobs;

/// <summary>Something that happened to a generation. Sequence numbers rise by one per lifecycle event, from 1.</summary>
/// <param name="Id">The generation.</param>
/// <param name="Sequence">Position in the generation's own event order; a frame carries that of the lifecycle event before it.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(QueuedEvent), "queued")]
[JsonDerivedType(typeof(StartedEvent), "started")]
[JsonDerivedType(typeof(FrameEvent), "frame")]
[JsonDerivedType(typeof(CompletedEvent), "completed")]
[JsonDerivedType(typeof(FailedEvent), "failed")]
[JsonDerivedType(typeof(CanceledEvent), "canceled")]
public abstract record GenerationEvent(string Id, long Sequence)
{
    /// <summary>Whether nothing comes after it.</summary>
    [JsonIgnore]
    public bool IsFinal => this is CompletedEvent or FailedEvent or CanceledEvent;
}

/// <summary>Accepted.</summary>
/// <param name="Ahead">Rows that were waiting before it.</param>
/// <param name="EtaMs">Milliseconds until it is done, as the engine expected at acceptance.</param>
public sealed record QueuedEvent(string Id, long Sequence, int Ahead, long EtaMs) : GenerationEvent(Id, Sequence);

/// <summary>Its first rows are in a batch.</summary>
public sealed record StartedEvent(string Id, long Sequence, string Model, int Version, string Sampler, int Steps, ulong Seed) : GenerationEvent(Id, Sequence);

/// <summary>One picture after one step; may be dropped for a slow reader.</summary>
/// <param name="Sample">Which picture, 0-based.</param>
/// <param name="Step">Steps done for it, 1..Steps.</param>
/// <param name="TimeIndex">The 0-based time index that the network was given.</param>
/// <param name="Noisy">x_t after the step, [H, W, C] uint8, or null if not asked for.</param>
/// <param name="Clean">The network's x_0 estimate of the step, [H, W, C] uint8, or null if not asked for.</param>
/// <param name="Memory">What the network was shown as its memory at the step, [H, W, C] uint8, or null if not asked for.</param>
/// <param name="Dropped">Frames of this generation that this reader missed since its last one.</param>
public sealed record FrameEvent(
    string Id, long Sequence, int Sample, int Step, int Steps, int TimeIndex,
    int Width, int Height, int Channels, byte[]? Noisy, byte[]? Clean, byte[]? Memory, int Dropped) : GenerationEvent(Id, Sequence);

/// <summary>All pictures are done.</summary>
public sealed record CompletedEvent(string Id, long Sequence, double QueueMilliseconds, double SampleMilliseconds) : GenerationEvent(Id, Sequence);

/// <summary>It ended in an error.</summary>
/// <param name="Problem">A stable slug, such as <c>non-finite</c>.</param>
/// <param name="Detail">For people; never a stack trace.</param>
public sealed record FailedEvent(string Id, long Sequence, string Problem, string Detail) : GenerationEvent(Id, Sequence);

/// <summary>It was canceled.</summary>
/// <param name="Reason"><c>requested</c>, or <c>stopping</c>: the service went down before it was done.</param>
public sealed record CanceledEvent(string Id, long Sequence, string Reason) : GenerationEvent(Id, Sequence)
{
    /// <summary>See <see cref="Reason"/>.</summary>
    public const string Requested = "requested", Stopping = "stopping";
}
