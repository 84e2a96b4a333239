using Diffusion.Training.Data;
using Diffusion.Training.Imports;
using Diffusion.Training.Live;
using Diffusion.Training.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Diffusion.Training;

/// <summary>Registers training with a host.</summary>
public static class TrainingServiceCollectionExtensions
{
    /// <summary>Adds the image sets, the durable queue, and the services that import and train. Options come from the sections <c>Training</c> and <c>Imports</c> and are checked at start.</summary>
    public static IServiceCollection AddTraining(this IServiceCollection services)
    {
        services.AddOptions<ImportOptions>().BindConfiguration(ImportOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<TrainingOptions>().BindConfiguration(TrainingOptions.Section).ValidateDataAnnotations()
            .Validate(o => o.PerceptualNetwork.Length == 0 || File.Exists(o.PerceptualNetwork), "Training:PerceptualNetwork names a file that is not there.")
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<JobNews>();
        services.AddSingleton(s => new TrainingQueue(s.GetRequiredService<IOptions<TrainingOptions>>(), s.GetRequiredService<JobNews>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new TrainingRuns(s.GetRequiredService<TrainingQueue>(), s.GetRequiredService<IOptions<TrainingOptions>>()));
        services.AddSingleton(s => new ImageSetCatalog(s.GetRequiredService<IOptions<TrainingOptions>>(), s.GetRequiredService<TrainingQueue>()));
        services.AddSingleton(s => new SetImports(s.GetRequiredService<IOptions<TrainingOptions>>(), s.GetRequiredService<IOptions<ImportOptions>>(), s.GetRequiredService<TimeProvider>()));
        services.AddHostedService<TrainingService>();
        services.AddSingleton(s => new TrainingRecords(
            s.GetRequiredService<TrainingQueue>(), s.GetRequiredService<JobNews>(), s.GetRequiredService<IOptions<TrainingOptions>>(), s.GetRequiredService<IHostApplicationLifetime>(), s.GetRequiredService<TimeProvider>()));
        services.AddHostedService<ImportService>();
        services.AddSingleton(s => new Jobs.JobTemplates(s.GetRequiredService<IOptions<TrainingOptions>>()));
        return services;
    }
}
