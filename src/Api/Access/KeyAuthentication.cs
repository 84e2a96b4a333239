using System.Security.Claims;
using System.Text.Encodings.Web;
using Diffusion.Api.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Access;

/// <summary>
/// Who calls: <c>Authorization: Bearer dk_...</c> or <c>X-Api-Key: dk_...</c>; on endpoints that a browser can give no
/// headers (<see cref="KeyInQuery"/>) also <c>?access_token=dk_...</c>. Where no key is required everybody may do everything.
/// </summary>
internal sealed class KeyAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logs, UrlEncoder encoder, KeyRing ring)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logs, encoder)
{
    /// <summary>Name of the scheme.</summary>
    public const string SchemeName = "key";

    /// <summary>Type of the claims that hold the scopes.</summary>
    public const string ScopeClaim = "scope";

    /// <summary>Type of the claim that holds the key's id.</summary>
    public const string IdClaim = "key-id";

    /// <summary>The field of a query that holds the key, where an endpoint takes it there.</summary>
    public const string Query = "access_token";

    private const string Header = "X-Api-Key", Bearer = "Bearer ";

    private bool given;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = given ? "Bearer realm=\"diffusion\", error=\"invalid_token\"" : "Bearer realm=\"diffusion\"";
        var detail = given
            ? "The API key is not valid here; it may be mistyped or revoked."
            : $"This service needs an API key: send it as Authorization: Bearer dk_..., or as {Header}.";
        return FailureHandler.WriteAsync(Context, new Failure(ProblemCatalogue.Unauthorized, detail, []));
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var needed = Context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(a => a.Policy).OfType<string>().Where(p => !Context.User.HasClaim(ScopeClaim, p)).ToArray() ?? [];
        var held = Context.User.FindAll(ScopeClaim).Select(c => c.Value);
        var failure = new Failure(
            ProblemCatalogue.Forbidden,
            $"This call needs the scope '{string.Join("', '", needed)}'; the key '{Context.User.Identity?.Name}' has: {string.Join(", ", held)}.", []);
        return FailureHandler.WriteAsync(Context, failure);
    }

    private AuthenticateResult Authenticate()
    {
        if (!ring.Required) return Success("", Scopes.All.Select(s => new Claim(ScopeClaim, s)));
        if (Text() is not { } text) return AuthenticateResult.NoResult();
        given = true;
        if (KeyToken.Parse(text) is not { } token || ring.Find(token) is not { } key) return AuthenticateResult.Fail("not a valid key");
        return Success(key.Name, [new Claim(IdClaim, key.Id), .. key.Scopes.Select(s => new Claim(ScopeClaim, s))]);
    }

    private string? Text()
    {
        if (Request.Headers.Authorization is [{ } authorization] && authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return authorization[Bearer.Length..].Trim();
        if (Request.Headers[Header] is [{ } header]) return header.Trim();
        return Context.GetEndpoint()?.Metadata.GetMetadata<KeyInQuery>() is not null && Request.Query[Query] is [{ } query] ? query : null;
    }

    private static AuthenticateResult Success(string name, IEnumerable<Claim> claims)
    {
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, name), .. claims], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }
}
