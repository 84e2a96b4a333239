using System.Globalization;
using Diffusion.Inference;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Quotas;
using Diffusion.Training.Evaluation;
using Diffusion.Training.EvaluationJobs;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Evaluations;

/// <summary>
/// Has the pictures of an evaluation drawn by the serving engine, behind everybody: a few at a time, of the class <c>evaluation</c>, with a
/// small weight, and only while nobody else waits, or when that has lasted too long.
/// </summary>
internal sealed class EngineSamples(GenerationService generations, IOptions<EvaluationOptions> options, TimeProvider time)
{
    /// <summary>Who asks, for the engine's accounts.</summary>
    public const string Client = "evaluation";

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50), Soon = TimeSpan.FromSeconds(1), Publication = TimeSpan.FromMinutes(1);

    /// <inheritdoc cref="DrawSamples"/>
    public async Task<float[]> DrawAsync(SampleOrder order, CancellationToken stop)
    {
        await GiveWayAsync(stop);
        var generation = await AdmitAsync(Request(order), stop);
        try
        {
            await using var ending = stop.Register(generation.Cancel);
            return (await generation.Completion).Values;
        }
        catch (Exception ended) when (stop.IsCancellationRequested && ended is OperationCanceledException or GenerationFailedException)
        {
            throw new OperationCanceledException(stop);
        }
        catch (GenerationFailedException failed) when (generation.EndedByShutdown)
        {
            // the host stops the engine first; the evaluation goes on at the next start
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stop);
            throw new EvaluationException(failed.Detail, failed);
        }
        catch (GenerationFailedException failed)
        {
            throw new EvaluationException($"The engine could not draw picture {order.First} and those after it: {failed.Detail}", failed);
        }
        catch (OperationCanceledException canceled)
        {
            throw new EvaluationException("Somebody cancelled the pictures of the evaluation.", canceled);
        }
        finally
        {
            // nobody else looks for them
            generations.Forget(generation.Id);
        }
    }

    private async Task GiveWayAsync(CancellationToken stop)
    {
        var since = time.GetTimestamp();
        while (generations.Snapshot().Generations > 0 && time.GetElapsedTime(since) < options.Value.Patience) await Task.Delay(Glance, time, stop);
    }

    private async Task<Generation> AdmitAsync(GenerationRequest request, CancellationToken stop)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                return generations.Submit(request);
            }
            catch (GenerationRefusedException refused) when (refused.Reason is RefusalReason.Overloaded or RefusalReason.Draining)
            {
                await Task.Delay(refused.RetryAfter ?? Soon, time, stop);
            }
            catch (GenerationRefusedException refused) when ((refused.Reason == RefusalReason.UnknownModel || refused.Errors.All(e => e.Field == "classifier")) && time.GetElapsedTime(since) < Publication)
            {
                // a version that was published just now, of the model or of what guides it: the engine looks for new ones now and then
                await Task.Delay(Soon, time, stop);
            }
            catch (GenerationRefusedException refused)
            {
                throw new EvaluationException(refused.Message, refused);
            }
        }
    }

    private GenerationRequest Request(SampleOrder order) => new()
    {
        Model = string.Create(CultureInfo.InvariantCulture, $"{order.Model}@{order.Version}"),
        Sampler = order.Sampler,
        Steps = order.Steps,
        Options = order.Options,
        Count = order.Count,
        Seed = order.Seed,
        FirstPicture = order.First,
        Labels = order.Labels,
        Guidance = order.Labels.Count == 0 ? null : order.Guidance,
        GuidanceRescale = order.Steering.GuidanceRescale,
        GuidanceParallel = order.Steering.GuidanceParallel,
        DynamicThreshold = order.Steering.DynamicThreshold,
        Classifier = order.Steering.Classifier?.Reference,
        ClassifierScale = order.Steering.Classifier?.Scale,
        Client = Client,
        Allowance = new Allowance(Weight: options.Value.Weight),
        Class = RequestClass.Evaluation,
    };
}
