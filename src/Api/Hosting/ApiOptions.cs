using System.ComponentModel.DataAnnotations;

namespace Diffusion.Api.Hosting;

/// <summary>Settings of the edge, section <c>Api</c>.</summary>
internal sealed class ApiOptions
{
    /// <summary>Where the settings are found.</summary>
    public const string Section = "Api";

    internal const string DefaultKeyFile = "state/keys.json";

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

    /// <summary>Longest file of a version that is imported, and of all that it unpacks to.</summary>
    /// <value>Default: 1 GiB.</value>
    [Range(typeof(long), "1024", "1099511627776", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public long MaxImportBytes { get; set; } = 1L << 30;

    /// <summary>Versions that are imported at once; each has its file on the disk meanwhile.</summary>
    /// <value>Default: 2.</value>
    [Range(1, 64)]
    public int MaxImports { get; set; } = 2;

    /// <summary>Streams of events that are open at once: those of the hub, of server-sent events and of WebSockets.</summary>
    /// <value>Default: 1024.</value>
    [Range(1, 1 << 20)]
    public int MaxStreams { get; set; } = 1024;

    /// <summary>The same for one client: an API key, or an address.</summary>
    /// <value>Default: 128.</value>
    [Range(1, 1 << 20)]
    public int MaxStreamsPerClient { get; set; } = 128;

    /// <summary>The stored API keys, relative to the content root; <c>./run keys add NAME</c> makes it.</summary>
    /// <value>Default: <c>state/keys.json</c>.</value>
    [Required]
    public string KeyFile { get; set; } = DefaultKeyFile;

    /// <summary>Row-steps a minute of each address that calls without a key; null is no limit.</summary>
    /// <value>Default: 60 000.</value>
    [Range(1, long.MaxValue)]
    public long? AnonymousRowsPerMinute { get; set; } = 60_000;

    /// <summary>Rows at work at once of each address that calls without a key; null is no limit.</summary>
    /// <value>Default: 128.</value>
    [Range(1, int.MaxValue)]
    public int? AnonymousConcurrentRows { get; set; } = 128;

    /// <summary>Whether calls from this machine without a key are limited too.</summary>
    /// <value>Default: false.</value>
    public bool LimitLoopback { get; set; }

    /// <summary>How long a stopping service waits for requests to end.</summary>
    /// <value>Default: 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
