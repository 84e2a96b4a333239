using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests;

internal static class Watching
{
    /// <summary>Everything a watcher sees up to the end. The watcher is there when this returns.</summary>
    public static async Task<List<GenerationEvent>> All(Generation generation, FrameOptions frames, long fromSequence = 0)
    {
        var seen = new List<GenerationEvent>();
        await foreach (var next in generation.WatchAsync(frames, fromSequence)) seen.Add(next);
        return seen;
    }
}
