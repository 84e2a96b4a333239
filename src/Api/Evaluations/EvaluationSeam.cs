using Diffusion.Api.Hosting;
using Diffusion.Inference;
using Diffusion.Inference.Models;
using Diffusion.Training.EvaluationJobs;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Evaluations;

/// <summary>Brings evaluation and the engine together, which know nothing of each other.</summary>
internal static class EvaluationSeam
{
    public static void AddEvaluations(this IServiceCollection services)
    {
        services.AddEvaluation();
        services.AddSingleton<EngineSamples>();
        services.AddSingleton<DrawSamples>(s => s.GetRequiredService<EngineSamples>().DrawAsync);
        services.AddSingleton<VersionHold>(s => s.GetRequiredService<EvaluationQueue>().Needed);
        services.AddOptions<EvaluationOptions>().PostConfigure<IOptions<InferenceOptions>, IHostEnvironment>((evaluation, inference, environment) =>
        {
            evaluation.BatchPictures = Math.Min(evaluation.BatchPictures, inference.Value.MaxCount);
            if (evaluation.FeatureNetwork.Length > 0) evaluation.FeatureNetwork = environment.PathIn(evaluation.FeatureNetwork);
            if (evaluation.Detector.Length > 0) evaluation.Detector = environment.PathIn(evaluation.Detector);
        });
    }

    public static EngineLimits Limits(this InferenceOptions options) => new(options.MaxSteps, options.MaxGuidance);
}
