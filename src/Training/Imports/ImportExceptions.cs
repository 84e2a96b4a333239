namespace Diffusion.Training.Imports;

/// <summary>An upload or import stands where what was asked of it makes no sense.</summary>
public sealed class ImportConflictException : Exception
{
    internal ImportConflictException(string message) : base(message) { }
}

/// <summary>Bytes came for another place than the one that is next; none of them was taken.</summary>
public sealed class UploadOffsetException : Exception
{
    internal UploadOffsetException(long expected, long provided) : base($"The upload goes on at offset {expected}, the request has {provided}.") => (Expected, Provided) = (expected, provided);

    /// <summary>Where the upload goes on.</summary>
    public long Expected { get; }

    /// <summary>What the request said.</summary>
    public long Provided { get; }
}

/// <summary>Bytes are not those that were announced; none of them was taken.</summary>
public sealed class UploadDigestException : Exception
{
    internal UploadDigestException(string message) : base(message) { }
}

/// <summary>More bytes came than were announced, or than are taken; none of them was taken.</summary>
public sealed class UploadTooLongException : Exception
{
    internal UploadTooLongException(string message) : base(message) { }
}

/// <summary>No place is left for another upload.</summary>
public sealed class ImportsFullException : Exception
{
    internal ImportsFullException(string message) : base(message) { }
}

/// <summary>The disk takes nothing now; nothing has changed.</summary>
public sealed class ImportStoreException : Exception
{
    internal ImportStoreException(string message, Exception? cause = null) : base(message, cause) { }
}
