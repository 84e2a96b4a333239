using System.Globalization;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Store;

/// <summary>The record of a generation that is not on the disk.</summary>
internal static class LiveRecord
{
    public static GenerationRecord Of(Generation generation)
    {
        var (failure, result) = (generation.Completion.Exception?.InnerException as GenerationFailedException, generation.Completion.IsCompletedSuccessfully ? generation.Completion.Result : null);
        return new GenerationRecord
        {
            Id = generation.Id,
            State = generation.State switch
            {
                GenerationState.Queued => RecordState.Queued,
                GenerationState.Running => RecordState.Running,
                GenerationState.Succeeded => RecordState.Succeeded,
                GenerationState.Failed => RecordState.Failed,
                _ => RecordState.Canceled,
            },
            Request = generation.Request.Resolved,
            IsDurable = false,
            Revision = (int)generation.State,
            Created = CreatedAt(generation.Id),
            QueueMilliseconds = result?.QueueMilliseconds,
            SampleMilliseconds = result?.SampleMilliseconds,
            Problem = failure?.Problem,
            Detail = failure?.Detail,
        };
    }

    /// <summary>The time in an id: the first 48 bits of a UUID of version 7 are Unix milliseconds.</summary>
    public static DateTimeOffset CreatedAt(string id) =>
        DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(id.AsSpan("gen_".Length, 12), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
}
