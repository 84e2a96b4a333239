using Diffusion.Training.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Diffusion.Training;

/// <summary>Registers training with a host.</summary>
public static class TrainingServiceCollectionExtensions
{
    /// <summary>Adds the durable queue and the service that trains its jobs. Options come from the section <c>Training</c> and are checked at start.</summary>
    public static IServiceCollection AddTraining(this IServiceCollection services)
    {
        services.AddOptions<TrainingOptions>().BindConfiguration(TrainingOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<TrainingQueue>();
        services.AddHostedService<TrainingService>();
        return services;
    }
}
