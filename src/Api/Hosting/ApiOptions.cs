using System.ComponentModel.DataAnnotations;

namespace Diffusion.Api.Hosting;

/// <summary>Settings of the edge, section <c>Api</c>.</summary>
internal sealed class ApiOptions
{
    /// <summary>Where the settings are found.</summary>
    public const string Section = "Api";

    /// <summary>Whether addresses other than loopback may be served although no key protects them; <c>--insecure</c> sets it.</summary>
    /// <value>Default: false.</value>
    public bool Insecure { get; set; }

    /// <summary>Longest JSON body.</summary>
    /// <value>Default: 64 KiB.</value>
    [Range(1024, 1 << 24)]
    public int MaxBodyBytes { get; set; } = 64 * 1024;

    /// <summary>Longest body with uploaded images.</summary>
    /// <value>Default: 8 MiB.</value>
    [Range(1024, 1 << 28)]
    public int MaxUploadBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>Pixels that are decoded for one request, all its images together.</summary>
    /// <value>Default: 16 777 216, which is 4096 x 4096.</value>
    [Range(1024, 1 << 26)]
    public int MaxUploadPixels { get; set; } = 1 << 24;

    /// <summary>How long a stopping service waits for requests to end.</summary>
    /// <value>Default: 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
