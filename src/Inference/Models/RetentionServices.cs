using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Diffusion.Inference.Models;

/// <summary>Registration of retention.</summary>
public static class RetentionServices
{
    /// <summary>Adds <see cref="ModelRetention"/>, which deletes versions by itself where a number to keep is set.</summary>
    /// <param name="services">Where to add; inference is there.</param>
    /// <param name="section">The section <c>Retention</c>; checked at start.</param>
    public static IServiceCollection AddRetention(this IServiceCollection services, IConfiguration section)
    {
        services.AddOptions<RetentionOptions>().Bind(section).ValidateDataAnnotations()
            .Validate(o => o.Models.Values.All(v => v is >= 0 and <= 1_000_000), "Models must be numbers of 0 (all) to 1000000.").ValidateOnStart();
        services.AddSingleton<ModelRetention>();
        services.AddHostedService(s => s.GetRequiredService<ModelRetention>());
        return services;
    }
}
