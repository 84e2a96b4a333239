using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Hosting;

/// <summary>One line in the log for every generation, when its caller has been served or has left.</summary>
internal sealed partial class GenerationLog(ILogger<GenerationLog> log)
{
    /// <summary>Writes the line.</summary>
    public void Ended(Generation generation, string by)
    {
        var timing = generation.Completion is { IsCompletedSuccessfully: true } done ? done.Result : null;
        LogEnded(
            generation.Id, by, generation.Completion.IsCompleted ? generation.State : GenerationState.Canceled, generation.Model, generation.Version, generation.Sampler, generation.Steps,
            generation.Count, generation.Seed, timing?.QueueMilliseconds ?? 0, timing?.SampleMilliseconds ?? 0);
    }

    [LoggerMessage(1, LogLevel.Information,
        "Generation {Id} by {By}: {State}, {Model}@{Version} {Sampler} steps={Steps} n={Count} seed={Seed} queue={QueueMilliseconds:0.0}ms sample={SampleMilliseconds:0.0}ms")]
    private partial void LogEnded(
        string id, string by, GenerationState state, string model, int version, string sampler, int steps, int count, ulong seed,
        double queueMilliseconds, double sampleMilliseconds);
}
