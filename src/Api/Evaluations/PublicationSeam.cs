using Diffusion.Inference.Models;
using Diffusion.Training.Runs;

namespace Diffusion.Api.Evaluations;

/// <summary>What training publishes is known to the registry at once, and not only when it looks at the folder the next time.</summary>
internal sealed partial class PublicationSeam(ModelRegistry models, ILogger<PublicationSeam> logger)
{
    /// <summary>To be called before the service runs: a job may go on with its start.</summary>
    public static void UsePublications(IServiceProvider services) =>
        services.GetRequiredService<TrainingQueue>().Published = ActivatorUtilities.CreateInstance<PublicationSeam>(services).Look;

    private void Look()
    {
        try
        {
            models.Refresh();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // the registry looks again by itself
            NotRead(unreadable);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The folder of models cannot be read after a publication; it is looked at again soon.")]
    private partial void NotRead(Exception failure);
}
