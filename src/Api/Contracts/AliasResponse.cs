using System.Globalization;
using Diffusion.Checkpoints;

namespace Diffusion.Api.Contracts;

/// <summary>A name for a version that can be moved.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Alias">Its name; <c>name@alias</c> asks for it, and <c>default</c> is what a request without a version gets.</param>
/// <param name="Version">Where it stands.</param>
/// <param name="Changed">When it was moved there, UTC; null if nobody wrote that down.</param>
/// <param name="Before">Where it stood before, the latest last; a rollback goes there.</param>
internal sealed record AliasResponse(string Model, string Alias, int Version, DateTimeOffset? Changed, IReadOnlyList<int> Before)
{
    /// <summary>The public view of an alias.</summary>
    public static AliasResponse Of(string model, string alias, AliasState state) => new(model, alias, state.Version, state.Changed, state.Before);

    /// <summary>A strong entity tag: another one after every move, also back to the same version.</summary>
    public static string TagOf(AliasState state) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{state.Version}-{state.Changed?.UtcTicks ?? 0:x}\"");
}

/// <summary>Where an alias shall stand.</summary>
/// <param name="Version">A version of the model.</param>
internal sealed record AliasRequest(int Version);
