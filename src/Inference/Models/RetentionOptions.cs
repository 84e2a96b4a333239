using System.ComponentModel.DataAnnotations;

namespace Diffusion.Inference.Models;

/// <summary>Which versions are kept, section <c>Retention</c>. As it is, nothing is ever deleted.</summary>
public sealed class RetentionOptions
{
    /// <summary>Where the settings are found.</summary>
    public const string Section = "Retention";

    /// <summary>So many of the newest sound versions of each model are kept, beside those that are kept for another reason; null keeps all.</summary>
    /// <value>Default: null.</value>
    [Range(1, 1_000_000)]
    public int? KeepNewest { get; set; }

    /// <summary>The same for single models by name; 0 keeps all.</summary>
    /// <value>Default: none.</value>
    public IDictionary<string, int> Models { get; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>A version that is younger stays.</summary>
    /// <value>Default: 1 day.</value>
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan MinimumAge { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How often versions that are no longer needed are looked for.</summary>
    /// <value>Default: 1 hour.</value>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan Interval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>What holds for a model.</summary>
    public Checkpoints.RetentionRule Of(string model) =>
        new(Models.TryGetValue(model, out var own) ? own == 0 ? null : own : KeepNewest, MinimumAge);
}
