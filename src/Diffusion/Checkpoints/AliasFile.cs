namespace Diffusion.Checkpoints;

/// <summary><c>aliases.json</c> of a model folder: where each alias stands.</summary>
internal sealed record AliasFile
{
    public const string Name = "aliases.json";

    public int Format { get; init; } = 1;

    public required IReadOnlyDictionary<string, int> Aliases { get; init; }
}
