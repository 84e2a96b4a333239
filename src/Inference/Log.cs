using Diffusion.Inference.Store;
using Microsoft.Extensions.Logging;

namespace Diffusion.Inference;

/// <summary>Everything the engine says.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Engine runs on {Device} with {Threads} threads, up to {Rows} rows a tick.")]
    public static partial void EngineStarted(this ILogger logger, string device, int threads, int rows);

    [LoggerMessage(2, LogLevel.Information, "Engine stopped; {Canceled} generations were canceled.")]
    public static partial void EngineStopped(this ILogger logger, int canceled);

    [LoggerMessage(12, LogLevel.Information, "Engine drains: nothing new is accepted, what runs has {Seconds:F0} s.")]
    public static partial void EngineDraining(this ILogger logger, double seconds);

    [LoggerMessage(3, LogLevel.Critical, "Engine thread died.")]
    public static partial void EngineDied(this ILogger logger, Exception cause);

    [LoggerMessage(4, LogLevel.Warning, "A batch of {Pictures} pictures of {Model} version {Version} failed; it is split.")]
    public static partial void BatchSplit(this ILogger logger, Exception cause, int pictures, string model, int version);

    [LoggerMessage(5, LogLevel.Error, "Generation {Id} failed: {Problem}.")]
    public static partial void GenerationFailed(this ILogger logger, Exception? cause, string id, string problem);

    [LoggerMessage(6, LogLevel.Information, "Model {Model} version {Version} is loaded ({Milliseconds:F0} ms).")]
    public static partial void ModelLoaded(this ILogger logger, string model, int version, double milliseconds);

    [LoggerMessage(11, LogLevel.Information, "Model {Model} version {Version}: strict rows run in batches of {Sizes}; probed {Probed}.")]
    public static partial void ModelProbed(this ILogger logger, string model, int version, string sizes, string probed);

    [LoggerMessage(44, LogLevel.Warning, "Model {Model} version {Version}: the sizes for strict rows could not be probed; they run one at a time.")]
    public static partial void ModelNotProbed(this ILogger logger, Exception cause, string model, int version);

    [LoggerMessage(13, LogLevel.Error, "Model {Model} version {Version} does not fit: {Reason}")]
    public static partial void ModelTooLarge(this ILogger logger, string model, int version, string reason);

    [LoggerMessage(7, LogLevel.Error, "Model {Model} version {Version} cannot be loaded: {Reason}")]
    public static partial void ModelRefused(this ILogger logger, Exception cause, string model, int version, string reason);

    [LoggerMessage(40, LogLevel.Error, "The aliases of {Model} cannot be read, so they stay as they were: {Reason}")]
    public static partial void AliasesRefused(this ILogger logger, Exception cause, string model, string reason);

    [LoggerMessage(41, LogLevel.Information, "What crashes left in the models' folder is removed: {Names}.")]
    public static partial void ModelLeftoversRemoved(this ILogger logger, string names);

    [LoggerMessage(42, LogLevel.Information, "Retention deleted {Model} version {Version}.")]
    public static partial void RetentionDeleted(this ILogger logger, string model, int version);

    [LoggerMessage(43, LogLevel.Warning, "Retention could not look at {Model}: {Reason}")]
    public static partial void RetentionFailed(this ILogger logger, Exception cause, string model, string reason);

    [LoggerMessage(8, LogLevel.Information, "Model {Model} now serves version {Version}.")]
    public static partial void ModelSwapped(this ILogger logger, string model, int version);

    [LoggerMessage(9, LogLevel.Information, "Model {Model} version {Version} is unloaded.")]
    public static partial void ModelUnloaded(this ILogger logger, string model, int version);

    [LoggerMessage(10, LogLevel.Error, "The models' folder cannot be read.")]
    public static partial void FolderUnreadable(this ILogger logger, Exception cause);

    [LoggerMessage(20, LogLevel.Error, "The store of generations in {Path} cannot be opened; nothing durable is accepted until it can: {Reason}")]
    public static partial void StoreShut(this ILogger logger, string path, string reason);

    [LoggerMessage(21, LogLevel.Warning, "The store of generations failed and is tried again: {Reason}")]
    public static partial void StoreTrouble(this ILogger logger, Exception cause, string reason);

    [LoggerMessage(22, LogLevel.Information, "Generation {Id} is left to the next start.")]
    public static partial void GenerationLeft(this ILogger logger, string id);

    [LoggerMessage(23, LogLevel.Information, "{Count} generations that were accepted before this start are taken up.")]
    public static partial void GenerationsTakenUp(this ILogger logger, int count);

    [LoggerMessage(24, LogLevel.Information, "{Count} files that a crash left behind are removed.")]
    public static partial void StraysRemoved(this ILogger logger, int count);

    [LoggerMessage(25, LogLevel.Information, "The results of {Count} generations have expired.")]
    public static partial void ResultsExpired(this ILogger logger, int count);

    [LoggerMessage(26, LogLevel.Information, "Durable generation {Id} is {State}.")]
    public static partial void GenerationRecorded(this ILogger logger, string id, RecordState state);
}
