using System.ComponentModel.DataAnnotations;

namespace Diffusion.Inference.Store;

/// <summary>Settings of the durable generations, section <c>Store</c>. Checked at start; every wrong one is named.</summary>
public sealed class StoreOptions
{
    /// <summary>Where the settings are found.</summary>
    public const string Section = "Store";

    /// <summary>Folder of the records and results, relative to the current one. One service at a time may use it.</summary>
    /// <value>Default: <c>state/generations</c>.</value>
    [Required]
    public string Path { get; set; } = "state/generations";

    /// <summary>How long a result can be fetched after its generation has ended.</summary>
    /// <value>Default: 7 days.</value>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan ResultAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Starts that take a generation up and die, before it fails with <c>crashed-service</c>. After the first such start it
    /// runs when no other that was left does, so that only the one at fault is given up.
    /// </summary>
    /// <value>Default: 3.</value>
    [Range(1, 1_000_000)]
    public int MaxAttempts { get; set; } = 3;

    /// <summary>Bytes of all results together; beyond it the oldest expire.</summary>
    /// <value>Default: 10 GiB.</value>
    [Range(0, long.MaxValue)]
    public long MaxResultBytes { get; set; } = 10L << 30;

    /// <summary>How long an ended generation without a result can still be looked up, after <see cref="ResultAge"/>.</summary>
    /// <value>Default: 30 days.</value>
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan TombstoneAge { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long the answer to a request with an Idempotency-Key is replayed.</summary>
    /// <value>Default: 24 hours.</value>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan AnswerAge { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Bytes of all kept answers together; beyond it the oldest are forgotten. One answer may take an eighth.</summary>
    /// <value>Default: 256 MiB.</value>
    [Range(1 << 16, 1L << 40)]
    public long MaxAnswerBytes { get; set; } = 256L << 20;

    /// <summary>Bytes of the records' database, answers included; when it is full nothing durable is accepted.</summary>
    /// <value>Default: 4 GiB.</value>
    [Range(1 << 17, 1L << 40)]
    public long MaxDatabaseBytes { get; set; } = 4L << 30;

    /// <summary>How often what is too old or too much is removed.</summary>
    /// <value>Default: 1 minute.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a write waits for another process that has the database locked; whole seconds count.</summary>
    /// <value>Default: 5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Writes that may wait for the next commit; more wait at their caller.</summary>
    /// <value>Default: 1024.</value>
    [Range(1, 1_000_000)]
    public int MaxPendingWrites { get; set; } = 1024;

    /// <summary>How long to wait before what failed on the disk is tried again.</summary>
    /// <value>Default: 2 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan RetryPause { get; set; } = TimeSpan.FromSeconds(2);
}
