namespace Diffusion.Inference.Store;

/// <summary>An answer as it left, or will leave again.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="Headers">Those that belong to it, by name.</param>
/// <param name="Body">The body, may be empty.</param>
public sealed record KeptAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body);
