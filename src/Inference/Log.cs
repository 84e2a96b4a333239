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

    [LoggerMessage(13, LogLevel.Error, "Model {Model} version {Version} does not fit: {Reason}")]
    public static partial void ModelTooLarge(this ILogger logger, string model, int version, string reason);

    [LoggerMessage(7, LogLevel.Error, "Model {Model} version {Version} cannot be loaded: {Reason}")]
    public static partial void ModelRefused(this ILogger logger, Exception cause, string model, int version, string reason);

    [LoggerMessage(8, LogLevel.Information, "Model {Model} now serves version {Version}.")]
    public static partial void ModelSwapped(this ILogger logger, string model, int version);

    [LoggerMessage(9, LogLevel.Information, "Model {Model} version {Version} is unloaded.")]
    public static partial void ModelUnloaded(this ILogger logger, string model, int version);

    [LoggerMessage(10, LogLevel.Error, "The models' folder cannot be read.")]
    public static partial void FolderUnreadable(this ILogger logger, Exception cause);
}
