using Diffusion.Checkpoints;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.EvaluationJobs;

/// <summary>Registers evaluation with a host.</summary>
public static class EvaluationServices
{
    /// <summary>
    /// Adds the durable queue and the service that measures. Options come from the section <c>Evaluation</c> and are checked at start.
    /// The host has training, a <see cref="CheckpointStore"/> and <see cref="DrawSamples"/>.
    /// </summary>
    public static IServiceCollection AddEvaluation(this IServiceCollection services)
    {
        services.AddOptions<EvaluationOptions>().BindConfiguration(EvaluationOptions.Section).ValidateDataAnnotations()
            .Validate(o => IsThere(o.FeatureNetwork), "Evaluation:FeatureNetwork names a file that is not there.")
            .Validate(o => IsThere(o.Detector), "Evaluation:Detector names a file that is not there.")
            .ValidateOnStart();
        services.AddSingleton(s => new EvaluationQueue(
            new EvaluationReader(s.GetRequiredService<CheckpointStore>(), s.GetRequiredService<IOptions<TrainingOptions>>(), s.GetRequiredService<IOptions<EvaluationOptions>>()),
            s.GetRequiredService<IOptions<TrainingOptions>>(), s.GetRequiredService<IOptions<EvaluationOptions>>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<EvaluationNetworks>();
        services.AddHostedService<EvaluationService>();
        return services;
    }

    private static bool IsThere(string path) => path.Length == 0 || File.Exists(path);
}
