namespace Diffusion.Inference.Store;

/// <summary>An answer that is given again to the same request with the same key.</summary>
internal sealed class AnswerRow
{
    /// <summary>Digest of who asked, where, and with which key.</summary>
    public required string Key { get; init; }

    /// <summary>Digest of the request.</summary>
    public required string Fingerprint { get; set; }

    /// <summary>Unix milliseconds.</summary>
    public required long Created { get; set; }

    public required int Status { get; set; }

    /// <summary>JSON object of header names and values.</summary>
    public required string Headers { get; set; }

    public required byte[] Body { get; set; }

    /// <summary>What it counts for against the limit.</summary>
    public required long Bytes { get; set; }
}
