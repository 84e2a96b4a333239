using System.ComponentModel.DataAnnotations;

namespace Diffusion.Training.Imports;

/// <summary>What uploads of image sets and their imports may take. Bound from the section <c>Imports</c>.</summary>
public sealed class ImportOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Imports";

    /// <summary>Longest upload.</summary>
    /// <value>Default: 8 GiB.</value>
    [Range(1, 1L << 50)] public long MaxBytes { get; set; } = 8L << 30;

    /// <summary>Longest body of one request: a part of an upload, or a small source as a whole.</summary>
    /// <value>Default: 256 MiB.</value>
    [Range(1 << 10, int.MaxValue - 1)] public int MaxBodyBytes { get; set; } = 256 << 20;

    /// <summary>Uploads and imports that are not over, all together.</summary>
    /// <value>Default: 16.</value>
    [Range(1, 10_000)] public int MaxOpen { get; set; } = 16;

    /// <summary>Bytes of all uploads that are not over, as they were announced.</summary>
    /// <value>Default: 32 GiB.</value>
    [Range(1, 1L << 50)] public long MaxTotalBytes { get; set; } = 32L << 30;

    /// <summary>How long an upload is kept that nothing is added to.</summary>
    /// <value>Default: one day.</value>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan UploadAge { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long it is known what became of an upload.</summary>
    /// <value>Default: a week.</value>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan RecordAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Files of one source.</summary>
    /// <value>Default: 500 000.</value>
    [Range(1, 10_000_000)] public int MaxEntries { get; set; } = 500_000;

    /// <summary>Bytes of the images of one set.</summary>
    /// <value>Default: 16 GiB.</value>
    [Range(1, 1L << 50)] public long MaxSetBytes { get; set; } = 16L << 30;
}
