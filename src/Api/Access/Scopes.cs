namespace Diffusion.Api.Access;

/// <summary>What a key may do; also the names of the authorization policies. No scope contains another.</summary>
internal static class Scopes
{
    /// <summary>Generations, their results and events, and reading what is served.</summary>
    public const string Generate = "generate";

    /// <summary>Image sets and training jobs.</summary>
    public const string Train = "train";

    /// <summary>Aliases and versions of models.</summary>
    public const string Admin = "admin";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Generate, Train, Admin];
}
