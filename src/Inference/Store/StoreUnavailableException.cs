namespace Diffusion.Inference.Store;

/// <summary>What is durable cannot be written or read now: the disk is full, the database is locked, or another service has the folder.</summary>
/// <param name="message">For people.</param>
/// <param name="inner">The cause.</param>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
