using System.Security.Cryptography;
using Diffusion.Api.Errors;
using Diffusion.Api.Pictures;
using Diffusion.Imaging;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Comparisons;

/// <summary>One of the runs, done.</summary>
/// <param name="Facts">How its pictures can be made again.</param>
/// <param name="Result">They, and the wall time.</param>
internal sealed record ComparedRun(GenerationFacts Facts, GenerationResult Result);

/// <summary>
/// The same seeds by several settings. One run after the other, so that the wall time of each is its own and not that of a batch
/// with the others; requests of other callers share ticks with them as with any request.
/// </summary>
internal sealed class Comparison(GenerationService generations)
{
    /// <summary>Runs all; nothing is begun unless all can be.</summary>
    /// <param name="command">What was asked for.</param>
    /// <param name="sign">Says whose the requests are.</param>
    /// <param name="ended">Told of each generation at its end.</param>
    /// <param name="cancellation">The caller left.</param>
    /// <exception cref="GenerationRefusedException">A run cannot be served; fields of its own are named <c>runs[1].steps</c>.</exception>
    public async Task<IReadOnlyList<ComparedRun>> RunAsync(
        ComparisonCommand command, Func<GenerationRequest, GenerationRequest> sign, Action<Generation> ended, CancellationToken cancellation)
    {
        // 53 bits: a seed that JavaScript and JSON readers keep exactly
        var seed = command.Runs[0].Request.Seed ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) >> 11;
        var requests = command.Runs.Select(r => sign(r.Request with { Seed = seed })).ToArray();
        for (var i = 0; i < requests.Length; i++)
        {
            try
            {
                generations.Check(requests[i]);
            }
            catch (GenerationRefusedException refused)
            {
                throw new GenerationRefusedException(refused.Reason, [.. refused.Errors.Select(e => ComparisonCommand.Named(e, i, command.Runs[i].Own))], refused.RetryAfter);
            }
        }
        RequireOneSize(command, requests);
        var runs = new List<ComparedRun>();
        foreach (var request in requests)
        {
            var generation = generations.Submit(request);
            try
            {
                runs.Add(new ComparedRun(generation.Facts, await generation.Completion.WaitAsync(cancellation)));
            }
            finally
            {
                // nobody is left to take the pictures; after the end this does nothing
                generation.Cancel();
                ended(generation);
            }
        }
        return runs;
    }

    /// <summary>The sheets of all runs side by side, in their order.</summary>
    public static Picture SideBySide(IReadOnlyList<ComparedRun> runs, int scale)
    {
        const int gap = 16;
        return ImageGrid.Arrange([.. runs.Select(r => new PictureSet(r.Facts, r.Result, scale).Sheet())], gap, columns: runs.Count);
    }

    private void RequireOneSize(ComparisonCommand command, GenerationRequest[] requests)
    {
        var networks = requests.Select(r => generations.Resolve(r.Model, r.Sampler).Network).ToArray();
        PixelLimit.Check(requests.Sum(r => r.Count), networks.Max(n => n.ImageSize), command.Scale);
        if (command.Format != PictureFormat.Json && networks.Select(n => (n.ImageSize, n.Channels)).Distinct().Count() > 1)
            throw RequestRefusedException.Invalid([new FieldError("format", "The models of these runs make pictures of different sizes, which do not stand side by side; take the format json.")]);
    }
}
