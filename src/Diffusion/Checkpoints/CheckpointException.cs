namespace Diffusion.Checkpoints;

/// <summary>A checkpoint version that is damaged, incomplete, or of a format this build does not know.</summary>
public class CheckpointException : IOException
{
    /// <param name="message">What is wrong, with the path.</param>
    /// <param name="file">The file at fault, or null.</param>
    /// <param name="inner">The cause, or null.</param>
    public CheckpointException(string message, string? file = null, Exception? inner = null) : base(message, inner) => FileName = file;

    /// <summary>The file at fault, or null.</summary>
    public string? FileName { get; }
}

/// <summary>An alias that stands on another version than the caller thought.</summary>
public sealed class AliasConflictException : CheckpointException
{
    /// <param name="message">Where it stands and where it was thought to.</param>
    /// <param name="current">Where it stands, or null if it is not set.</param>
    public AliasConflictException(string message, int? current) : base(message) => Current = current;

    /// <summary>Where the alias stands now, or null if it is not set.</summary>
    public int? Current { get; }
}
